"""The form of the product page, and what may be wrong in it."""

from chalicelib.web.pages.words import Words

WORDS: Words = {
    "optional": ("(opsional)", "(optional)"),
    "choose": ("Pilih…", "Choose…"),
    "variant": ("Pilihan", "Option"),
    "quantity": ("Jumlah", "Quantity"),
    "less": ("Kurangi satu", "One less"),
    "more": ("Tambah satu", "One more"),
    "stock_left": ("Sisa {left}", "{left} left"),
    "at_most": ("Maksimal {most}", "At most {most}"),
    "amount": ("Nominal", "Amount"),
    "amount_from": ("Minimal {least}", "At least {least}"),
    "amount_between": ("{least} sampai {most}", "{least} to {most}"),
    "your_details": ("Data Anda", "Your details"),
    "send_to": ("Dikirim ke", "Deliver to"),
    "questions": ("Keterangan pesanan", "About your order"),
    "name": ("Nama", "Name"),
    "phone": ("Nomor HP", "Phone number"),
    "email": ("Alamat email", "Email address"),
    "address_line1": ("Jalan dan nomor", "Street and number"),
    "address_village": ("Kelurahan", "Village (kelurahan)"),
    "address_district": ("Kecamatan", "District (kecamatan)"),
    "address_city": ("Kota/Kabupaten", "City or regency"),
    "address_state": ("Provinsi", "Province"),
    "address_postal_code": ("Kode pos", "Postal code"),
    "length_between": ("{least}–{most} huruf", "{least}–{most} characters"),
    "length_least": ("Minimal {least} huruf", "At least {least} characters"),
    "digits": ("Angka saja", "Digits only"),
    # what is wrong
    "wrong_title": ("Belum lengkap", "Not complete"),
    "wrong_lead": ("Ada yang perlu diperbaiki", "Please check these"),
    "problem_missing": ("{label} belum diisi.", "{label} is missing."),
    "problem_too_long": (
        "{label} terlalu panjang: paling banyak {longest} huruf.",
        "{label} is too long: {longest} characters at most.",
    ),
    "problem_too_short": (
        "{label} terlalu pendek: paling sedikit {shortest} huruf.",
        "{label} is too short: {shortest} characters at least.",
    ),
    "problem_not_visible": (
        "{label} berisi tanda yang tidak bisa dibaca. Ketik ulang, ya.",
        "{label} has signs that cannot be read. Please type it again.",
    ),
    "problem_not_a_phone": (
        "Nomor HP belum benar. Contoh: 0812 3456 7890.",
        "This is not a phone number. Example: 0812 3456 7890.",
    ),
    "problem_not_an_email": (
        "Alamat email belum benar. Contoh: nama@contoh.com.",
        "This is not an email address. Example: name@example.com.",
    ),
    "problem_not_a_postal_code": (
        "Kode pos harus lima angka. Contoh: 40115.",
        "A postal code has five digits. Example: 40115.",
    ),
    "problem_not_a_number": (
        "{label} harus ditulis dengan angka.",
        "{label} must be written in digits.",
    ),
    "problem_not_an_option": (
        "{label}: pilih salah satu yang tersedia.",
        "{label}: choose one of those on offer.",
    ),
    "problem_too_few": ("{label} paling sedikit {least}.", "{label} must be {least} or more."),
    "problem_too_many": ("{label} paling banyak {most}.", "{label} must be {most} at most."),
    "problem_sold_out_to": ("Stok tinggal {left}.", "Only {left} left in stock."),
    "problem_too_little": ("{label} paling sedikit {least}.", "{label} must be {least} or more."),
    "problem_too_much": ("{label} paling banyak {most}.", "{label} must be {most} at most."),
    "problem_total_too_little": (
        "Total belum cukup: {wallets} menerima mulai {limit}.",
        "The total is too small: {wallets} takes {limit} or more.",
    ),
    "problem_total_too_much": (
        "Total terlalu besar: {wallets} menerima sampai {limit}.",
        "The total is too large: {wallets} takes {limit} at most.",
    ),
    "problem_in_all": ("Total terlalu besar.", "The total is too large."),
}
