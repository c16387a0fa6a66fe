// The shopper's pages work without this. It counts the total while a person chooses, says that the
// wallet is being opened, and looks whether a payment has arrived.
"use strict";
(function () {
  var all = function (what, where) {
    return Array.prototype.slice.call((where || document).querySelectorAll(what));
  };
  var form = document.querySelector("form");
  var pay = document.querySelector("#pay, #confirm");
  var total = document.querySelector("#total");

  function written(units) {
    var places = +form.dataset.places, base = Math.pow(10, places);
    var text = String(Math.floor(units / base)).replace(/\B(?=(\d{3})+$)/g, ".");
    if (places) text += "," + String(units % base + base).slice(1);
    return form.dataset.symbol + text;
  }

  function digits(text) {
    text = text.trim();
    return /^\d{1,13}$/.test(text) ? +text : NaN;
  }

  function unitsOf(line) {
    var picked = document.querySelector(
      'input[data-variant="' + line + '"]:checked, select[data-variant="' + line + '"] option:checked'
    );
    return picked ? +picked.dataset.units : NaN;
  }

  function count() {
    var sum = 0;
    all("[data-step]").forEach(function (step) {
      var units = unitsOf(step.dataset.step), input = step.querySelector("input");
      var pieces = input ? digits(input.value) : +step.dataset.fixed;
      var least = +step.dataset.least, most = +step.dataset.most;
      if (isNaN(units)) units = +step.dataset.units;
      if (input && !(pieces >= least && pieces <= most)) pieces = NaN;
      all("button", step).forEach(function (button) {
        button.disabled = button.value < 0 ? pieces <= least : pieces >= most;
      });
      var cell = document.querySelector('[data-sum="' + step.dataset.step + '"]');
      if (cell) cell.textContent = isNaN(pieces) ? "–" : written(units * pieces);
      sum += units * pieces;
    });
    var amount = document.querySelector("#amount");
    if (amount) sum = digits(amount.value.replace(/^\s*Rp/, "").replace(/\./g, ""));
    total.textContent = isNaN(sum) ? "–" : written(sum);
    total.classList.toggle("long", total.textContent.length > 13);
    pay.textContent = pay.dataset.pay.replace(" %", isNaN(sum) ? "" : " " + written(sum));
  }

  var counts = form && total && document.querySelector("[data-step], #amount");
  if (counts) {
    all("[data-step] button").forEach(function (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        var step = button.parentNode, input = step.querySelector("input");
        var next = (digits(input.value) || 0) + +button.value;
        input.value = Math.min(+step.dataset.most, Math.max(+step.dataset.least, next));
        count();
      });
    });
    form.addEventListener("input", count);
    form.addEventListener("change", count);
    window.addEventListener("pageshow", count);
  }

  if (form && pay) {
    var before;
    var again = function () {
      if (before === undefined) return;
      pay.textContent = before;
      before = undefined;
      pay.classList.remove("busy");
      pay.removeAttribute("aria-disabled");
      if (counts) count();
    };
    form.addEventListener("submit", function (event) {
      if (before !== undefined) return event.preventDefault();
      before = pay.textContent;
      pay.textContent = pay.dataset.busy;
      pay.classList.add("busy");
      pay.setAttribute("aria-disabled", "true");
      window.setTimeout(again, 20000);
    });
    window.addEventListener("pageshow", again);
  }

  var problems = document.querySelector("#problems");
  if (problems) problems.focus();

  var live = document.querySelector("[data-live]");
  if (live) {
    live.classList.add("looking");
    window.setInterval(function () {
      if (document.hidden) return;
      fetch(location.href, { cache: "no-store", credentials: "omit" }).then(function (answer) {
        return answer.ok ? answer.text() : "";
      }).then(function (text) {
        var now = new DOMParser().parseFromString(text, "text/html").querySelector("#status");
        var then = document.querySelector("#status").dataset;
        if (now && (now.dataset.state !== then.state || now.dataset.refund !== then.refund)) {
          location.reload();
        }
      }).catch(function () {});
    }, 1000 * live.dataset.live);
  }

  var onward = document.querySelector("[data-after]");
  if (onward) {
    window.setTimeout(function () { location.assign(onward.href); }, 1000 * onward.dataset.after);
  }

  // The wallet comes back without the language that was chosen here.
  try {
    var asked = /[?&]lang=(id|en)\b/.exec(location.search);
    var kept = localStorage.getItem("lang");
    if (asked) localStorage.setItem("lang", asked[1]);
    else if (kept && kept !== document.documentElement.lang && document.querySelector(".payment")) {
      location.replace(document.querySelector(".lang").href);
    }
  } catch (refused) { /* no storage: the browser's own language it is */ }

  all("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
})();
