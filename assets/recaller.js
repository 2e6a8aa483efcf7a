// The browser side of the design system: dialogs, menus, comboboxes, the keyboard layer and stored view
// preferences. It never evaluates text and never talks to the server: it only moves focus and clicks
// elements that carry data attributes, so that every action goes through the page's own event handlers.
(() => {
  const root = document.documentElement;
  const all = (selector, scope = document) => [...scope.querySelectorAll(selector)];
  const visible = (el) => el.getClientRects().length > 0;
  const enabled = (el) => !el.disabled && el.getAttribute("aria-disabled") !== "true";

  // ---- Preferences of this browser: sidebar, privacy blur, density -------------------------------
  const PREFS = { sidebar: "collapsed", private: "on", density: "compact" };
  function togglePref(name) {
    const on = root.dataset[name] !== PREFS[name];
    if (on) root.dataset[name] = PREFS[name];
    else delete root.dataset[name];
    try { localStorage.setItem(`recaller.${name}`, on ? PREFS[name] : ""); } catch { /* storage is off: lasts for this page */ }
    paintPrefs();
    dispatchEvent(new Event("resize")); // charts follow the width that they now have
  }
  function paintPrefs() {
    for (const el of all("[data-pref]")) {
      const on = String(root.dataset[el.dataset.pref] === PREFS[el.dataset.pref]);
      const attribute = el.getAttribute("role") === "menuitemcheckbox" ? "aria-checked" : "aria-pressed";
      if (el.getAttribute(attribute) !== on) el.setAttribute(attribute, on);
    }
  }
  const paintOnline = () => { root.toggleAttribute("data-offline", !navigator.onLine); };
  addEventListener("online", paintOnline);
  addEventListener("offline", paintOnline);

  // ---- Whether background work goes on, and how many notifications are unread -------------------------
  let background = "running", asking = false, unread = null;
  function paintUnread() {
    // The framework takes the page over as the server drew it: a text that differs makes it draw everything anew,
    // and what somebody typed or opened meanwhile would be gone.
    if (unread === null || !document.querySelector("[data-ready=true]")) return;
    for (const badge of all("[data-unread]")) {
      badge.hidden = !unread;
      const count = badge.querySelector("[data-unread-count]"), text = unread > 99 ? "99+" : String(unread);
      if (count.textContent !== text) count.textContent = text;
    }
  }
  function takeUnread(count) {
    const changed = unread !== null && unread !== count;
    unread = count;
    paintUnread();
    if (changed) document.querySelector("[data-unread-changed]")?.click();
  }
  const paintPaused = () => {
    for (const banner of all("[data-background]")) banner.hidden = background === "running";
    for (const cause of all("[data-paused-by]")) cause.hidden = cause.dataset.pausedBy !== background;
  };
  async function askStatus() {
    if (asking || document.hidden || !navigator.onLine || !document.querySelector("[data-background]")) return;
    asking = true;
    try {
      const answer = await fetch("/api/v1/status", { credentials: "same-origin", headers: { Accept: "application/json" } });
      // Read whatever comes: an answer that nobody reads stays open in the browser.
      const status = await answer.json();
      if (answer.ok) {
        background = status.background;
        paintPaused();
        takeUnread(status.unread);
      }
    } catch { /* no connection at all: the page says so already */ } finally { asking = false; }
  }
  setInterval(askStatus, 10000);
  addEventListener("visibilitychange", askStatus);
  addEventListener("recaller-status", askStatus); // from the server, when it knows that the answer has changed

  // ---- Dialogs: native <dialog>, opened by the server (data-open) or by a button (data-opens) ------
  const topDialog = () => all("dialog[open]").filter((d) => d.matches(":modal")).at(-1);
  function openDialog(dialog) {
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const first = dialog.querySelector("[data-autofocus]")
      ?? dialog.querySelector(".rc-dialog__body :is(input:not([type=hidden], [tabindex='-1']), select, textarea):not(:disabled)")
      ?? dialog.querySelector(".rc-dialog__foot button:not(:disabled)");
    first?.focus();
    if (first?.matches("input[type=text], input[type=search]")) first.select();
    if (dialog.matches("[data-palette]")) filterPalette(dialog, "");
  }
  function syncDialogs() {
    for (const dialog of all("dialog[data-open]")) {
      if (dialog.dataset.open === "true") openDialog(dialog);
      else if (dialog.open) dialog.close();
    }
    for (const box of all("input[data-indeterminate]")) box.indeterminate = box.dataset.indeterminate === "true";
  }
  document.addEventListener("close", (event) => {
    const dialog = event.target;
    if (dialog.dataset?.open === "true") dialog.querySelector("[data-dismiss]")?.click();
  }, true);

  // ---- Menus: native popovers, placed beside their button -----------------------------------------
  const opener = (menu) => all("[popovertarget]").find((b) => b.getAttribute("popovertarget") === menu.id && visible(b));
  function place(panel, anchor, wide) {
    const a = anchor.getBoundingClientRect();
    if (wide) panel.style.width = `${a.width}px`;
    const height = panel.offsetHeight, width = panel.offsetWidth, gap = 4, edge = 8;
    const below = a.bottom + gap + height <= innerHeight - edge || a.top < height + gap + edge;
    const left = wide || a.left + width <= innerWidth - edge ? a.left : a.right - width;
    panel.style.left = `${Math.max(edge, Math.min(left, innerWidth - width - edge))}px`;
    panel.style.top = `${Math.max(edge, below ? Math.min(a.bottom + gap, innerHeight - height - edge) : a.top - gap - height)}px`;
  }
  const menuItems = (menu) => all('[role^="menuitem"]', menu).filter((el) => visible(el) && enabled(el));
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.("[popover][role=menu]")) return;
    const button = opener(menu);
    const open = event.newState === "open";
    button?.setAttribute("aria-expanded", String(open));
    if (open && button) { place(menu, button); menuItems(menu)[0]?.focus(); }
  }, true);
  function menuKey(event, menu) {
    const items = menuItems(menu);
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined) items.at(next % items.length)?.focus();
    else if (event.key === "Tab") { menu.hidePopover(); opener(menu)?.focus(); }
    else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) {
      const letter = event.key.toLowerCase();
      const order = [...items.slice(at + 1), ...items.slice(0, at + 1)];
      order.find((el) => el.textContent.trim().toLowerCase().startsWith(letter))?.focus();
    } else return;
    event.preventDefault();
  }

  // ---- Comboboxes: type to filter, arrows to choose, Enter to take --------------------------------
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  function setValue(input, value) {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, value);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const combo = (el) => {
    const box = el.closest("[data-combo]");
    return box && { box, input: box.querySelector("[role=combobox]"), value: box.querySelector("[data-combo-value]"), list: box.querySelector("[role=listbox]") };
  };
  const comboOptions = (c) => all("[role=option]:not([hidden])", c.list);
  function markOption(input, options, index) {
    const list = input.closest("[data-combo], [data-palette]");
    for (const option of all("[role=option][aria-selected=true]", list)) option.setAttribute("aria-selected", "false");
    const chosen = options.at(index);
    if (chosen) {
      chosen.setAttribute("aria-selected", "true");
      input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }
  function filterCombo(c, text) {
    const words = fold(text).split(/\s+/).filter(Boolean);
    let exact = false;
    for (const option of all("[role=option]:not([data-create])", c.list)) {
      const label = fold(option.dataset.label ?? option.textContent);
      option.hidden = c.box.dataset.combo !== "server" && !words.every((word) => label.includes(word));
      exact ||= label === fold(text.trim());
    }
    const create = c.list.querySelector("[data-create]");
    if (create) {
      create.hidden = !text.trim() || exact;
      const shown = create.querySelector("[data-create-text]");
      if (shown.textContent !== text.trim()) shown.textContent = text.trim();
    }
    const options = comboOptions(c);
    const none = c.list.querySelector("[data-none]");
    if (none) none.hidden = options.length > 0;
    // Only what matches is marked: the server's answer to the newest letters may still be on its way.
    const fits = (o) => o.hasAttribute("data-create") || words.every((word) => fold(o.dataset.label ?? o.textContent).includes(word));
    const first = words.length ? options.findIndex(fits) : -1;
    markOption(c.input, options, first < 0 ? options.length : first);
  }
  function openCombo(c, text) {
    if (c.input.disabled) return;
    filterCombo(c, text);
    if (!c.list.matches(":popover-open")) c.list.showPopover();
    place(c.list, c.input.closest(".rc-input") ?? c.input, true);
    c.input.setAttribute("aria-expanded", "true");
  }
  function closeCombo(c) {
    if (c.list.matches(":popover-open")) c.list.hidePopover();
    c.input.setAttribute("aria-expanded", "false");
    c.input.removeAttribute("aria-activedescendant");
  }
  function takeOption(c, option) {
    const creates = option.hasAttribute("data-create");
    if (!creates) setValue(c.input, option.dataset.label ?? option.textContent.trim());
    setValue(c.value, creates ? "" : option.dataset.value);
    c.box.dataset.settled = c.input.value;
    closeCombo(c);
  }
  function leaveCombo(c) {
    const typed = c.input.value.trim();
    closeCombo(c);
    if (typed === (c.box.dataset.settled ?? c.input.defaultValue).trim()) return;
    const match = all("[role=option]:not([data-create])", c.list).find((o) => fold(o.dataset.label ?? "") === fold(typed));
    if (match) takeOption(c, match);
    else if (!typed || c.box.hasAttribute("data-free")) { setValue(c.value, ""); c.box.dataset.settled = typed; }
    else setValue(c.input, c.box.dataset.settled ?? c.input.defaultValue);
  }
  function comboKey(event, c) {
    const open = c.list.matches(":popover-open");
    const options = comboOptions(c);
    const at = options.findIndex((o) => o.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return openCombo(c, "");
      const step = event.key === "ArrowDown" ? at + 1 : (at < 0 ? options.length : at) - 1;
      markOption(c.input, options, options.length ? step % options.length : 0);
    } else if (event.key === "Enter" && open) {
      if (at >= 0) { event.preventDefault(); takeOption(c, options[at]); } else closeCombo(c);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      closeCombo(c);
    } else if (event.key === "Tab" && open && at >= 0 && c.input.value.trim()) takeOption(c, options[at]);
  }

  // ---- Command palette -----------------------------------------------------------------------------
  function filterPalette(dialog, text) {
    const words = fold(text).split(/\s+/).filter(Boolean);
    for (const item of all("[role=option]", dialog)) {
      item.hidden = !item.hasAttribute("data-result") && !words.every((word) => fold(item.textContent + " " + (item.dataset.words ?? "")).includes(word));
    }
    for (const group of all("[role=group]", dialog)) group.hidden = !group.querySelector("[role=option]:not([hidden])");
    const options = all("[role=option]:not([hidden])", dialog);
    const none = dialog.querySelector("[data-none]");
    if (none) none.hidden = options.length > 0;
    markOption(dialog.querySelector("[role=combobox]"), options, 0);
  }
  function paletteKey(event, dialog) {
    const options = all("[role=option]:not([hidden])", dialog).filter(visible);
    const at = options.findIndex((o) => o.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") markOption(event.target, options, (at + (event.key === "ArrowDown" ? 1 : -1)) % options.length);
    else if (event.key === "Enter") options[Math.max(at, 0)]?.click();
    else return;
    event.preventDefault();
  }

  // ---- Keyboard layer: rows and shortcuts ----------------------------------------------------------
  const rows = () => all("[data-row]").filter(visible);
  const focusedRow = () => document.querySelector("[data-row][data-focused]");
  let rangeFrom = null;
  function focusRow(row) {
    for (const other of all("[data-row][data-focused]")) if (other !== row) other.removeAttribute("data-focused");
    if (!row) return;
    row.setAttribute("data-focused", "");
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  function moveRow(step) {
    const list = rows();
    if (!list.length) return false;
    const at = list.indexOf(focusedRow());
    focusRow(list[at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.max(0, Math.min(list.length - 1, at + step))]);
    return true;
  }
  function selectRow(row, range) {
    const box = (r) => r.querySelector("[data-row-select]");
    if (!box(row)) return false;
    const list = rows();
    const from = list.indexOf(rangeFrom), to = list.indexOf(row);
    if (range && from >= 0) {
      // The row that the range began at was just selected, even if the server's answer isn't here yet.
      for (const r of list.slice(Math.min(from, to), Math.max(from, to) + 1)) if (r !== rangeFrom && !box(r).checked) box(r).click();
    } else box(row).click();
    rangeFrom = row;
    return true;
  }
  function moveCell(cell, step) {
    const cells = all("[data-cell]").filter(visible);
    const next = cells[cells.indexOf(cell) + step];
    if (next) { next.focus(); next.select(); } else cell.blur();
  }
  function shortcut(key) {
    const scope = topDialog() ?? document;
    const hits = all("[data-shortcut]", scope).filter((el) => el.dataset.shortcut === key && enabled(el));
    const hit = hits.find(visible) ?? hits.find((el) => el.matches("a[href]"));
    if (!hit) return false;
    if (hit.matches("input:not([type=checkbox]), select, textarea")) { hit.focus(); hit.select?.(); } else hit.click();
    return true;
  }
  // ---- A grid of days: arrows walk, Page Up and Page Down turn the month ----------------------------
  function dayKey(event, day) {
    const grid = day.closest("[data-days]");
    const days = all("[data-day]", grid);
    const at = days.indexOf(day), column = at % 7;
    const turn = { PageUp: "previous", PageDown: "next" }[event.key];
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, Home: -column, End: 6 - column }[event.key];
    if (turn === undefined && step === undefined) return false;
    const over = turn ?? (at + step < 0 ? "previous" : at + step >= days.length ? "next" : "");
    // The months' grids share their rows: what has the focus stays where it is, under another date.
    const next = days[over ? (at > 27 ? 21 + column : at) : at + step];
    for (const other of days) other.tabIndex = other === next ? 0 : -1;
    next.focus();
    if (over) grid.querySelector(`[data-turn=${over}]`)?.click();
    return true;
  }
  const typing = (el) => el?.matches?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), select, textarea, [contenteditable=true]");
  let goingSince = 0;
  function onKey(event) {
    const target = event.target;
    if (event.defaultPrevented || event.isComposing) return;
    const menu = target.closest?.("[popover][role=menu]");
    if (menu) return menuKey(event, menu);
    if (target.matches?.("[data-combo] [role=combobox]")) comboKey(event, combo(target));
    if (event.defaultPrevented) return;
    const palette = target.closest?.("[data-palette]");
    if (palette && target.matches("[role=combobox]")) paletteKey(event, palette);
    const mod = event.ctrlKey || event.metaKey;
    if (target.matches?.("[data-day]") && !mod && !event.altKey && dayKey(event, target)) { event.preventDefault(); return; }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    let done = false;
    if (target.matches?.("[data-cell]") && !mod && (key === "Enter" || key === "Escape")) {
      // Amounts that are typed in place: leaving the field saves it, Esc puts back what was there.
      if (key === "Escape") { target.value = target.defaultValue; target.blur(); }
      else moveCell(target, event.shiftKey ? -1 : 1);
      event.preventDefault();
      return;
    }
    if (mod && !event.altKey) {
      if (key === "k") done = palette ? (palette.close(), true) : shortcut("mod+k");
      else if (!typing(target)) done = key === "a" ? Boolean(focusedRow()) && shortcut("mod+a") : shortcut(`mod+${key}`);
      else if (key === "Enter") { const form = target.closest("form"); if (form) { setTimeout(() => form.requestSubmit()); done = true; } /* after the field has told what was typed last */ }
    } else if (key === "Escape") {
      if (topDialog()) return;
      if (typing(target)) target.blur();
      else { done = shortcut("escape"); focusRow(null); }
    } else if (!typing(target) && !event.altKey) {
      const row = focusedRow();
      const onControl = target.matches?.("button, a, summary, input, [role=tab]");
      if (goingSince && Date.now() - goingSince < 1500) { goingSince = 0; done = shortcut(`g ${key}`); }
      else if (key === "g" && !topDialog()) { goingSince = Date.now(); done = true; }
      else if (key === "j" || key === "k") done = moveRow(key === "j" ? 1 : -1);
      else if (row && (key === "ArrowDown" || key === "ArrowUp") && target === row) done = moveRow(key === "ArrowDown" ? 1 : -1);
      else if (row && (key === "x" || (key === " " && !onControl))) done = selectRow(row, event.shiftKey);
      else if (row && key === "Enter" && !onControl) { row.querySelector("[data-row-open]")?.click(); done = true; }
      else if (key.length === 1 && key !== " ") done = shortcut(event.key === "?" ? "?" : key);
    }
    if (done) event.preventDefault();
  }

  // ---- One listener per kind of event --------------------------------------------------------------
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    const pref = at("[data-pref]");
    if (pref) togglePref(pref.dataset.pref);
    const opens = at("[data-opens]");
    if (opens) openDialog(document.getElementById(opens.dataset.opens));
    if (at("[data-closes]")) at("dialog")?.close();
    if (event.target.matches?.("dialog[open]:not([data-static])")) {
      const r = event.target.getBoundingClientRect();
      const outside = event.clientX < r.left || event.clientX > r.right || event.clientY < r.top || event.clientY > r.bottom;
      if (outside && event.detail > 0) event.target.close();
    }
    const item = at('[popover][role=menu] [role^="menuitem"]');
    if (item && !item.hasAttribute("data-keep")) item.closest("[popover]").hidePopover();
    if (at("[data-palette] [role=option]")) at("dialog").close();
    const option = at("[data-combo] [role=option]");
    if (option) takeOption(combo(option), option);
    else if (at("[data-combo] [role=combobox]")) openCombo(combo(event.target), "");
    const reveal = at("[data-reveal]");
    if (reveal) {
      const input = reveal.parentElement.querySelector("input");
      const show = input.type === "password";
      input.type = show ? "text" : "password";
      reveal.setAttribute("aria-pressed", String(show));
    }
    const row = at("[data-row]");
    if (row && !opens) {
      const control = at("a, button, input, select, textarea, label, summary, [role=menu]");
      if (control?.matches("[data-row-select]")) {
        if (event.shiftKey && rangeFrom && rangeFrom !== row) {
          const list = rows(), from = list.indexOf(rangeFrom), to = list.indexOf(row);
          for (const r of list.slice(Math.min(from, to), Math.max(from, to) + 1)) {
            const box = r.querySelector("[data-row-select]");
            if (r !== row && box && box.checked !== control.checked) box.click();
          }
        }
        if (event.isTrusted) rangeFrom = row;
      } else if (!control && event.isTrusted && !String(getSelection())) row.querySelector("[data-row-open]")?.click();
    }
  });
  document.addEventListener("mousedown", (event) => { if (event.target.closest?.("[data-combo] [role=listbox]")) event.preventDefault(); });
  document.addEventListener("input", (event) => {
    const target = event.target;
    if (target.matches?.("[data-combo] [role=combobox]") && document.activeElement === target && event.isTrusted) openCombo(combo(target), target.value);
    const palette = target.closest?.("[data-palette]");
    if (palette && target.matches("[role=combobox]")) filterPalette(palette, target.value);
  });
  document.addEventListener("focusin", (event) => { const row = event.target.closest?.("[data-row]"); if (row && row !== focusedRow()) { for (const r of all("[data-row][data-focused]")) r.removeAttribute("data-focused"); if (event.target.matches(":focus-visible")) row.setAttribute("data-focused", ""); } });
  document.addEventListener("focusout", (event) => { if (event.target.matches?.("[data-combo] [role=combobox]")) leaveCombo(combo(event.target)); });
  document.addEventListener("scroll", (event) => {
    for (const list of all("[data-combo] [role=listbox]:popover-open")) {
      if (event.target !== list) { const c = combo(list); place(list, c.input.closest(".rc-input") ?? c.input, true); }
    }
    for (const menu of all("[popover][role=menu]:popover-open")) if (event.target !== menu) menu.hidePopover();
  }, { capture: true, passive: true });

  // ---- Work that the page follows while it lasts ---------------------------------------------------
  const lastTick = new WeakMap();
  setInterval(() => {
    if (document.hidden || !navigator.onLine) return;
    const now = Date.now();
    for (const tick of all("[data-poll]")) {
      if (now - (lastTick.get(tick) ?? 0) < Number(tick.dataset.poll)) continue;
      lastTick.set(tick, now);
      tick.click();
    }
  }, 100);

  // ---- The server redraws; what only the browser knows is put back ---------------------------------
  let queued = false;
  function sync() {
    queued = false;
    paintPaused();
    paintUnread();
    syncDialogs();
    for (const input of all("[data-combo-open]:not([data-combo-opened])")) {
      input.dataset.comboOpened = "";
      input.focus();
      input.select();
      openCombo(combo(input), "");
    }
    paintPrefs();
    for (const input of all("[data-combo] [aria-expanded=true]")) {
      const c = combo(input);
      if (c.box.dataset.combo === "server" && document.activeElement === input) openCombo(c, input.value);
    }
    const palette = topDialog();
    if (palette?.matches("[data-palette][data-live]")) filterPalette(palette, palette.querySelector("[role=combobox]").value);
  }
  const observer = new MutationObserver(() => { if (!queued) { queued = true; requestAnimationFrame(sync); } });
  const watch = () => observer.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-open", "data-indeterminate", "data-ready"] });
  paintOnline();
  sync();
  watch();
  askStatus();
})();
