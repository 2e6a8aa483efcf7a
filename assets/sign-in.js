// Signing in, up and joining: posts the form to this site's own API, so that the session's cookie is set by an
// answer that no script can read, then loads the next page in full, so that its connection carries the cookie.
// It works before the page's framework is there, and evaluates nothing.
(() => {
  const SAFE = /^\/(?![/\\])/;
  const nextTarget = () => {
    const wanted = new URLSearchParams(location.search).get("next") ?? "/";
    return SAFE.test(wanted) && new URL(wanted, location.origin).origin === location.origin ? wanted : "/";
  };
  const errorOf = (form) => form.querySelector("[data-auth-error]");

  function say(form, text) {
    const place = errorOf(form);
    place.textContent = text;
    place.hidden = !text;
  }
  function sayField(form, name, text) {
    const input = form.elements.namedItem(name);
    const place = input?.id ? document.getElementById(`${input.id}-error`) : null;
    if (!place) return false;
    const line = document.createElement("span");
    line.className = "rc-field__error";
    line.textContent = text;
    place.replaceChildren(...(text ? [line] : []));
    if (text) input.closest("details")?.setAttribute("open", "");
    input.setAttribute("aria-invalid", String(Boolean(text)));
    return true;
  }
  function clear(form) {
    say(form, "");
    for (const input of form.elements) if (input.name) sayField(form, input.name, "");
  }
  function setBusy(form, busy) {
    const button = form.querySelector("button[type=submit]");
    button.setAttribute("aria-busy", String(busy));
    button.setAttribute("aria-disabled", String(busy));
    const spinner = button.querySelector("[data-auth-spinner]");
    if (spinner) spinner.hidden = !busy;
  }

  function isFilled(form) {
    let first = null;
    for (const input of form.elements) {
      if (!input.name || !input.required) continue;
      const missing = !input.value.trim();
      if (missing) sayField(form, input.name, "Please fill this in.");
      if (missing && !first) first = input;
    }
    first?.focus();
    return !first;
  }

  function bodyOf(form) {
    const body = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    body.mode = "cookie";
    if (form.hasAttribute("data-auth-invited")) body.invitation = location.hash.slice(1);
    return body;
  }

  const wordsFor = (status, detail, seconds) =>
    status === 429 ? `Too many tries. Try again in ${seconds || "a few"} seconds.`
      : status === 503 ? "The server can't check this just now. Nothing is lost; try again in a moment."
        : status >= 500 ? "Something went wrong on the server. Try again."
          : detail || "That did not work.";

  async function post(path, body) {
    return fetch(`/api/v1/auth/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Recaller-CSRF": "1" },
      credentials: "same-origin",
      body: JSON.stringify(body),
    });
  }

  async function takeTheme() {
    // The user's own theme is painted from the first moment on; without it the page asks once it is there.
    try {
      const answer = await fetch("/api/v1/me", { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (answer.ok) localStorage.setItem("theme", (await answer.json()).preferences.theme);
    } catch { /* storage is off, or the answer is lost: the page paints the theme later */ }
  }

  async function submit(form) {
    clear(form);
    if (!isFilled(form)) return;
    setBusy(form, true);
    try {
      const answer = await post(form.dataset.auth, bodyOf(form));
      if (answer.ok) {
        await takeTheme();
        location.replace(nextTarget());
        return; // busy until the next page is there
      }
      const problem = await answer.json().catch(() => ({}));
      const fields = (problem.errors ?? []).filter((error) => sayField(form, error.field, error.message));
      if (fields.length) form.elements.namedItem(fields[0].field).focus();
      else {
        say(form, wordsFor(answer.status, problem.detail, answer.headers.get("Retry-After")));
        const password = form.elements.namedItem("password");
        if (answer.status === 401 && password) { password.focus(); password.select(); }
      }
    } catch {
      say(form, "The server doesn't answer. Check your connection and try again.");
    }
    setBusy(form, false);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("form[data-auth]");
    if (!form) return;
    event.preventDefault();
    event.stopPropagation();
    if (form.querySelector("button[type=submit]").getAttribute("aria-busy") !== "true") submit(form);
  }, true);

  // ---- What the browser knows already: time zone, language and, from that, the currency ------------
  const CURRENCY_OF = {
    US: "USD", GB: "GBP", CA: "CAD", AU: "AUD", NZ: "NZD", CH: "CHF", LI: "CHF", JP: "JPY", CN: "CNY", IN: "INR",
    SE: "SEK", NO: "NOK", DK: "DKK", PL: "PLN", CZ: "CZK", HU: "HUF", RO: "RON", TR: "TRY", IL: "ILS", ZA: "ZAR",
    BR: "BRL", MX: "MXN", AR: "ARS", CL: "CLP", CO: "COP", KR: "KRW", SG: "SGD", HK: "HKD", TW: "TWD", TH: "THB",
    ID: "IDR", MY: "MYR", PH: "PHP", VN: "VND", AE: "AED", SA: "SAR", EG: "EGP", KE: "KES", NG: "NGN", UA: "UAH",
    IS: "ISK", KW: "KWD", TN: "TND",
  };
  const EURO = "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK".split(" ");
  function choose(form, name, value) {
    const input = form.elements.namedItem(name);
    if (!input || input.dataset.filled || !value) return;
    if (input.tagName === "SELECT" && ![...input.options].some((option) => option.value === value)) return;
    input.value = value;
    input.dataset.filled = "true";
  }
  function prefill() {
    for (const form of document.querySelectorAll("form[data-auth-prefill]")) {
      let here;
      try { here = new Intl.Locale(navigator.language).maximize(); } catch { continue; }
      choose(form, "locale", `${here.language}_${here.region}`);
      choose(form, "time_zone", Intl.DateTimeFormat().resolvedOptions().timeZone);
      choose(form, "base_currency", EURO.includes(here.region) ? "EUR" : CURRENCY_OF[here.region]);
    }
  }
  prefill();
  // The framework may draw such a form anew when it takes the page over, or later.
  new MutationObserver(prefill).observe(document.documentElement, { childList: true, subtree: true });
})();
