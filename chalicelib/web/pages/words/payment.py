"""How a payment stands."""

from chalicelib.web.pages.words import Words

WORDS: Words = {
    "state_paid": ("LUNAS", "PAID"),
    "state_unpaid": ("MENUNGGU PEMBAYARAN", "WAITING FOR PAYMENT"),
    "state_processing": ("DIPROSES", "PROCESSING"),
    "state_failed": ("GAGAL", "FAILED"),
    "state_expired": ("KEDALUWARSA", "EXPIRED"),
    "state_canceled": ("DIBATALKAN", "CANCELED"),
    "state_review": ("SEDANG DIPERIKSA", "UNDER REVIEW"),
    "refund_partial": ("DIKEMBALIKAN SEBAGIAN", "PARTIALLY REFUNDED"),
    "refund_full": ("DIKEMBALIKAN", "REFUNDED"),
    "preview_unpaid": ("BELUM DIBAYAR", "NOT PAID YET"),
    "lead_paid": (
        "Pembayaran sudah diterima. Terima kasih!",
        "The payment has arrived. Thank you!",
    ),
    "lead_unpaid": (
        "Pembayaran belum kami terima. Jika Anda sudah membayar, tunggu sebentar: "
        "jangan bayar dua kali.",
        "We have not received the payment yet. If you have already paid, wait a moment: "
        "do not pay twice.",
    ),
    "lead_processing": (
        "Pembayaran sedang diproses. Jangan bayar lagi.",
        "The payment is being processed. Do not pay again.",
    ),
    "lead_failed": (
        "Pembayaran tidak berhasil. Jika saldo Anda terpotong, hubungi penjual sebelum "
        "membayar lagi.",
        "The payment did not go through. If money left your wallet, contact the seller before "
        "paying again.",
    ),
    "lead_expired": (
        "Batas waktu pembayaran ini sudah lewat.",
        "The time for this payment is over.",
    ),
    "lead_canceled": ("Pembayaran ini dibatalkan.", "This payment was canceled."),
    "lead_review": (
        "Pembayaran Anda sedang diperiksa. Jangan bayar lagi; penjual akan menghubungi Anda.",
        "Your payment is being checked. Do not pay again; the seller will contact you.",
    ),
    "lead_partial": (
        "Sebagian uang sudah dikembalikan ke dompet asal.",
        "Part of the money was returned to the wallet that it came from.",
    ),
    "lead_full": (
        "Uang sudah dikembalikan ke dompet asal.",
        "The money was returned to the wallet that it came from.",
    ),
    "out_of": ("dari {total}", "of {total}"),
    "details": ("Rincian", "Details"),
    "paid_amount": ("Dibayar", "Paid"),
    "refunded": ("Dikembalikan", "Refunded"),
    "paid_at": ("Waktu pembayaran", "Paid at"),
    "reference": ("Nomor referensi", "Reference"),
    "pay_now": ("Bayar sekarang", "Pay now"),
    "try_again": ("Coba bayar lagi", "Try to pay again"),
    "live": (
        "Halaman ini memperbarui diri setiap 3 detik.",
        "This page refreshes itself every 3 seconds.",
    ),
    "check_again": ("Periksa lagi", "Check again"),
    "not_a_picture": (
        "Tangkapan layar bisa dipalsukan.",
        "Screenshots can be faked.",
    ),
    "open_to_see": (
        "Status yang benar hanya yang tampil saat tautan ini dibuka.",
        "Only what this link shows when you open it is true.",
    ),
    "preview_status": ("{item}. Buka untuk status terkini.", "{item}. Open for the live status."),
    # after it
    "method": ("Metode", "Method"),
    "go_on_to": ("Lanjut ke {host}", "Continue to {host}"),
    "goes_by_itself": (
        "Terbuka sendiri dalam 5 detik.",
        "It opens by itself in 5 seconds.",
    ),
    "stay": ("Tetap di sini", "Stay here"),
    "tell_seller": ("Kabari penjual", "Tell the seller"),
    "paid_said": ("Sudah bayar {item} ({reference})", "I have paid for {item} ({reference})"),
    "see_receipt": ("Lihat bukti bayar", "See the receipt"),
    # the receipt
    "receipt_from": ("Bukti bayar dari", "Receipt from"),
    "buyer": ("Pembeli", "Buyer"),
    "print": ("Cetak", "Print"),
    "see_status": ("Lihat status", "See the status"),
    "receipt_live": (
        "Bukti ini sah hanya saat dibuka di alamat ini; cetakan menunjukkan keadaan saat dicetak.",
        "This receipt holds only while it is open at this address; a print shows how it stood.",
    ),
    "address": ("Alamat kirim", "Delivery address"),
}
