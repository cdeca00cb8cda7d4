// What the reception form does better with JavaScript: procedures found by a few letters, and Enter in the owner's part.
(() => {
  "use strict";
  const MOST = 8;
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/đ/g, "d").replace(/[^a-z0-9.]+/g, " ").trim();

  // data-finds="#select": the options that hold every word typed, without accents; Enter chooses one and goes on to data-then.
  const finder = (place) => {
    const select = document.querySelector(place.dataset.finds);
    const input = place.querySelector("input");
    const list = place.querySelector("[role=listbox]");
    const seen = new Set();
    const all = [...select.options].filter((option) => option.value && !seen.has(option.value) && seen.add(option.value))
      .map((option, order) => ({ value: option.value, text: option.text, folded: ` ${fold(option.text)}`, order }));
    let current = 0;

    const close = () => {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (next) => {
      const rows = [...list.querySelectorAll("[role=option]")];
      if (!rows.length) return input.removeAttribute("aria-activedescendant");
      current = (next + rows.length) % rows.length;
      rows.forEach((row, place) => row.setAttribute("aria-selected", String(place === current)));
      rows[current].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", rows[current].id);
    };
    const show = () => {
      const typed = fold(input.value);
      if (!typed) return close();
      const words = typed.split(" ");
      const found = all.filter((one) => words.every((word) => one.folded.includes(` ${word}`)));
      // What begins with the words typed, or has them early, is meant more often than what only mentions them.
      const early = (one) => (one.folded.indexOf(` ${typed}`) + 1) || Infinity;
      found.sort((one, other) => (early(one) === early(other) ? one.order - other.order : early(one) - early(other)));
      list.replaceChildren(...found.slice(0, MOST).map((one, number) => {
        const row = document.createElement("li");
        row.id = `thu-tuc-${number}`;
        row.setAttribute("role", "option");
        row.dataset.value = one.value;
        row.textContent = one.text;
        return row;
      }));
      if (!found.length) {
        const none = document.createElement("li");
        none.className = "muted";
        none.setAttribute("role", "option");
        none.setAttribute("aria-disabled", "true");
        none.textContent = place.dataset.none;
        list.append(none);
      }
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      mark(0);
    };
    const choose = (row) => {
      if (!row?.dataset.value) return;
      select.value = row.dataset.value;
      input.value = "";
      close();
      select.dispatchEvent(new Event("input", { bubbles: true }));
      select.dispatchEvent(new Event("change", { bubbles: true }));
      document.querySelector(place.dataset.then)?.focus();
    };

    input.addEventListener("input", (event) => { event.stopPropagation(); show(); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || event.ctrlKey) return;
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (move && !list.hidden) event.preventDefault(), mark(current + move);
      else if (event.key === "Escape") close();
      else if (event.key === "Enter") {
        // Enter would press the check; here it chooses, and goes on when a procedure is chosen already.
        event.preventDefault();
        const next = document.querySelector(place.dataset.then);
        if (next?.dataset.scan && /^(?:\][A-Za-z]\d)?\D{0,4}\d{12}\s*[^\w\s.,\/()-]/.test(input.value)) {
          // A card that is scanned before a procedure is chosen is no procedure: it fills what it says of its holder.
          // What scanners put before it, and for the bar, is known to the reader of cards as well (identity.card_qr).
          next.value = input.value;
          input.value = "";
          close();
          document.querySelector(next.dataset.scan)?.click();
        } else if (!list.hidden) choose(list.querySelector("[aria-selected=true]"));
        else if (select.value) next?.focus();
      }
    });
    list.addEventListener("mousedown", (event) => { event.preventDefault(); choose(event.target.closest("[role=option]")); });
    place.hidden = false;
  };

  // data-enter="#button": Enter in a field inside presses that button, when it can be seen, and not the form's first one.
  document.addEventListener("keydown", (event) => {
    const place = event.target.closest?.("[data-enter]");
    if (!place || event.key !== "Enter" || event.ctrlKey || event.isComposing) return;
    if (!event.target.matches("input:not([data-scan], [type=checkbox], [type=radio])")) return;
    event.preventDefault();
    const button = document.querySelector(place.dataset.enter);
    if (button?.offsetParent) button.click();
  });

  // Whoever opens the owner's part goes on in it.
  document.addEventListener("change", (event) => {
    if (event.target.id === "id_for_other_1") document.getElementById("id_owner-relation")?.focus();
  });

  const begin = () => {
    for (const place of document.querySelectorAll("[data-finds]")) finder(place);
    const first = document.querySelector("[data-finds] [data-focus]");
    if (first && !document.querySelector(".notice, .wrong, .summary")) first.focus();
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin); else begin();
})();
