// What pages do better with JavaScript. Every page works without it; nothing here decides anything.
// What it says stands in the data of its own script element, in the page's language.
(() => {
  "use strict";
  const said = document.currentScript.dataset;
  const all = (root, selector) => root.querySelectorAll ? root.querySelectorAll(selector) : [];

  const say = (place, className, text) => {
    const words = document.createElement("p");
    words.className = className;
    words.setAttribute("role", className.startsWith("notice") ? "alert" : "status");
    words.textContent = text;
    place.replaceChildren(words);
  };

  // data-working="…": what a pressed button says until its answer is there.
  const work = (button) => {
    if (button.matches(".is-working")) return;
    button.classList.add("is-working");
    if (!button.dataset.working) return;
    button.dataset.idle = button.textContent;
    button.textContent = button.dataset.working;
  };
  const rest = (button) => {
    button.classList.remove("is-working");
    if (button.dataset.idle) button.textContent = button.dataset.idle;
    delete button.dataset.idle;
  };

  const MINUTE = 60_000;
  let lookAgainAt = Date.now() + MINUTE;
  // data-once: a form is sent once; a page that comes back from the browser's memory may send again.
  const release = (form) => {
    delete form.dataset.sent;
    for (const button of all(document, ".is-working")) if (button.form === form) rest(button);
  };
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || !form.matches("[data-once]")) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    if (submitter) work(submitter);
    if (!form.matches("[method=post]") || Date.now() < lookAgainAt) return;
    if (!form.requestSubmit || !AbortSignal.timeout) return; // an older browser, such as iOS 15: sent as ever
    event.preventDefault();
    mayLeave(submitter?.closest(".actions") ?? form).then((may) => {
      release(form);
      if (!may) return;
      lookAgainAt = Date.now() + MINUTE;
      form.requestSubmit(submitter);
    });
  });
  addEventListener("pageshow", (event) => {
    for (const form of all(document, "[data-once]")) if (event.persisted) release(form);
  });
  // Safari's family keeps pages in its memory that came without TLS: what is somebody's is seen again by nobody else.
  addEventListener("pageshow", async (event) => {
    const brand = event.persisted && whose(document) && document.querySelector(".brand");
    if (!brand) return;
    const { style } = document.documentElement;
    style.visibility = "hidden";
    const text = await fetch(brand.href, { headers: { "X-Asked-By-Itself": "1" } }).then((answer) => answer.text()).catch(() => null);
    if (text === null || whose(pageOf(text)) === whose(document)) style.visibility = "";
    else location.replace(location.pathname + location.search);
  });
  // Enter presses a button that nobody sees: the one that is seen works in its place.
  document.addEventListener("htmx:before:request", (event) => {
    const { sourceElement } = event.detail.ctx;
    if (!sourceElement.matches(".asks")) return;
    const seen = sourceElement.matches(".button") ? sourceElement : document.querySelector(".button.asks");
    if (seen) work(seen);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const { form } = event.detail.ctx.sourceElement;
    if (form?.matches("[data-once]")) release(form);
  });

  // data-clears="#id": changing any field inside takes back what #id says about the former values. #id keeps its place and
  // shows its own data-cleared sentence; the check's id goes with it.
  document.addEventListener("input", (event) => {
    const claim = event.target.closest("[data-clears]");
    if (!claim || event.target.closest("[data-scan]")) return;
    for (const mark of all(document, claim.dataset.clears)) {
      if (!mark.querySelector(".is-cleared")) say(mark, "empty is-cleared", mark.dataset.cleared || said.changed);
    }
  });

  // Before a form leaves a page that has stood open for a minute, the page is asked for anew: what was typed stays where
  // nobody would take it now. As long as it is the same person's, or nobody's, the form takes over the session's token.
  // A page that is there without a log-in holds nothing back: its answer says what its form needs.
  const pageOf = (text) => new DOMParser().parseFromString(text, "text/html");
  const whose = (page) => page.querySelector(".log-out")?.dataset.user;
  const mayLeave = async (part) => {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(20_000) }).catch(() => null);
    const text = await answer?.text().catch(() => null);
    if (text == null) return stay(part, said.offline);
    if (answer.status === 503 && answer.headers.get("Retry-After")) return stay(part, said.crowded);
    if (answer.status >= 500) return stay(part, said.broken);
    const page = pageOf(text);
    if (answer.redirected && whose(document) && !whose(page)) {
      stay(part, endedText(page));
      return logInElsewhere(document.querySelector("#no-answer p"));
    }
    if (tokenOf(text) && [whose(document), undefined].includes(whose(page))) takeOver(tokenOf(text));
    return true;
  };

  // A partial answer that did not come, or is a whole page (a sign-in, an error, also of a proxy on the way), leaves
  // everything typed where it is.
  const stay = (part, text) => {
    const place = document.getElementById("no-answer") ?? document.createElement("div");
    place.id = "no-answer";
    part.before(place);
    say(place, "notice waiting", text);
    place.firstChild.tabIndex = -1;
    place.firstChild.focus();
  };
  const endedText = (page) => `${page.getElementById("session-ended")?.textContent ?? said.ended} ${said.kept} `;
  const refuse = (event, text) => {
    event.preventDefault();
    const { target } = event.detail.ctx;
    if (!target) return;
    if (target.matches("[data-refresh]")) return target.querySelector(".lost") || say(target, "notice waiting lost", said.lost);
    stay(target, text);
  };
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx) refuse(event, said.offline);
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { target, text, response } = event.detail.ctx;
    const place = document.getElementById("no-answer");
    if (place?.nextElementSibling === target) place.remove(); // what another question found does not take it away
    if (response.status === 503 && response.headers.get("Retry-After")) return refuse(event, said.crowded);
    if (response.status >= 500) return refuse(event, said.broken);
    if (!/^\s*<(!doctype|html)/i.test(text)) return;
    if (response.status >= 400 && response.status !== 403) return refuse(event, said.broken);
    refuse(event, endedText(pageOf(text)));
    logInElsewhere(document.querySelector("#no-answer p"));
  });

  const tokenOf = (text) => text.match(/name="csrfmiddlewaretoken" value="(\w+)"/)?.[1];
  const takeOver = (token) => { for (const field of all(document, "[name=csrfmiddlewaretoken]")) field.value = token; };
  // Who logs in again on another page, and nobody else, may go on with this one: it takes over the new session's token by itself.
  const logInElsewhere = (words) => {
    if (!words) return;
    const link = document.createElement("a");
    link.href = location.href;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = said.logIn;
    words.append(link, said.comeBack);
    const look = async () => {
      if (!words.isConnected) return;
      const page = await fetch(location.href, { redirect: "manual", headers: { "X-Asked-By-Itself": "1" } }).then((answer) => answer.ok ? answer.text() : "").catch(() => "");
      if (!tokenOf(page) || whose(pageOf(page)) !== whose(document)) return setTimeout(look, 2000);
      takeOver(tokenOf(page));
      words.textContent = said.loggedIn;
    };
    setTimeout(look, 2000);
  };

  // data-scan: a scanner types and presses Enter; that runs the check by the button that data-scan names, and never saves.
  document.addEventListener("keydown", (event) => {
    const scan = event.target.closest?.("[data-scan]");
    if (scan && event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      if (scan.value.trim()) document.querySelector(scan.dataset.scan)?.click();
      return;
    }
    const name = (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + event.key;
    const target = /^(F\d|Ctrl\+Enter)/.test(name) && document.querySelector(`[data-shortcut="${name}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input, select, textarea")) target.focus(), target.select?.();
    else target.click();
  });

  // data-rows: a list that the keyboard goes through row by row. One row at a time is in the order of Tab; J, K and the arrows
  // move on, X or the space bar ticks, Escape takes the ticks back. data-key="…": the letter that presses or enters something.
  // Nothing of this happens while somebody types in a field.
  const rowLinks = () => [...all(document, "[data-rows] [data-row]")];
  const boxOf = (link) => link.closest("tr").querySelector("input[type=checkbox]");
  const boxes = () => [...all(document, "[data-rows] input[type=checkbox]")];
  const enterRow = (link, focused) => {
    for (const other of rowLinks()) for (const one of [other, boxOf(other)]) if (one) one.tabIndex = other === link ? 0 : -1;
    if (!focused) link.focus(), link.closest("tr").scrollIntoView({ block: "nearest" });
  };
  const countTicks = () => {
    const n = boxes().filter((box) => box.checked).length;
    for (const place of all(document, "[data-picked]")) place.textContent = n ? `${place.dataset.picked} ${n}` : "";
    for (const whole of all(document, "[data-pick-all] input")) whole.checked = n > 0 && n === boxes().length;
  };
  const tick = (list, is) => { for (const box of list) box.checked = is ?? !box.checked; countTicks(); };
  document.addEventListener("focusin", ({ target }) => {
    const link = target.closest?.("[data-rows] tr")?.querySelector("[data-row]");
    if (link) enterRow(link, true);
  });
  document.addEventListener("change", ({ target }) => {
    if (target.closest("[data-pick-all]")) tick(boxes(), target.checked);
    else if (target.closest("[data-rows]")) countTicks();
  });
  // data-none: what a press on ticked rows lacks (a tick, or a field that its data-needs name) is told before anything leaves.
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (!form.dataset.none) return;
    const empty = (submitter?.dataset.needs?.split(" ") ?? []).map((id) => document.getElementById(id)).find((field) => !field.value.trim());
    const isNone = !boxes().some((box) => box.checked);
    if (!isNone && !empty) return;
    event.preventDefault();
    stay(form, isNone ? form.dataset.none : form.dataset.missing);
    if (!isNone) empty.focus();
  }, true);
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (!event.key) return; // a browser that fills a field in by itself says so as a key without a name
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key; // Caps Lock may be on
    const links = rowLinks();
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !document.querySelector("[data-rows], [data-key]")) return;
    const isField = target.matches("textarea, select, input:not([type=checkbox], [type=radio])");
    const row = target.closest("[data-rows] tr")?.querySelector("[data-row]");
    if (key === "Escape") {
      if (isField) return target.blur(), links.length && enterRow(links.find((link) => link.tabIndex === 0) ?? links[0]);
      if (row) tick(boxes(), false);
      return;
    }
    if (isField) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
    const goal = step && (row ? links[links.indexOf(row) + step] : key.length === 1 && links.find((link) => link.tabIndex === 0));
    if (step && (row || goal)) return event.preventDefault(), goal && enterRow(goal);
    if (row && (key === "x" || (key === " " && target === row))) return event.preventDefault(), boxOf(row) && tick([boxOf(row)]);
    const pressed = key.length === 1 && [...all(document, "[data-key]")].find((one) => one.dataset.key === key);
    if (!pressed) return;
    event.preventDefault();
    if (pressed.matches("input")) pressed.focus(), pressed.select();
    else pressed.click();
  });

  // A suggestion's button fills its field instead of sending the form.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    const field = button && document.getElementById(button.dataset.fill);
    if (!field) return;
    event.preventDefault();
    field.value = button.value;
    field.removeAttribute("aria-invalid");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    button.closest(".field").classList.remove("wrong");
    button.closest(".error").remove();
    field.focus();
  });

  // data-refresh="15": the part asks for itself anew every 15 seconds, while somebody can see it.
  const refresh = (part) => setInterval(() => {
    if (document.visibilityState === "visible") htmx.trigger(document.getElementById(part.id), "refresh");
  }, part.dataset.refresh * 1000);

  // What was typed and not sent is not lost to a change of the language unasked.
  let isTyped = false;
  document.addEventListener("input", ({ target }) => { if (target.form?.matches("[method=post]")) isTyped = true; });
  document.addEventListener("submit", (event) => {
    if (isTyped && event.target.matches(".languages") && !confirm(said.unsent)) event.preventDefault();
  });

  // data-print: the page's print button, hidden where it could do nothing.
  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) print(); });

  // Focus goes to what is new: data-focus, or the field that data-focus-first holds and is still empty.
  const focusNew = (root) => {
    const empty = [...all(root, "[data-focus-first] :is(input, select, textarea):not([type=hidden], [readonly], [disabled])")];
    const news = root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]");
    // The answer is seen whole even when the next thing to type takes the focus.
    news?.scrollIntoView({ block: "nearest" });
    (empty.find((field) => !field.value) || news)?.focus();
  };
  // What is typed or ticked while an answer is on its way goes on from the old field to the one that takes its place.
  const meanwhile = new Map();
  let onTheirWay = 0;
  document.addEventListener("htmx:before:request", (event) => {
    onTheirWay++;
    // A card that is sent to be checked does not come back.
    if (event.detail.ctx.sourceElement.matches(".asks")) for (const scan of all(document, "[data-scan]")) meanwhile.delete(scan.id);
  });
  document.addEventListener("htmx:finally:request", () => { if (--onTheirWay === 0) meanwhile.clear(); });
  // Heard before a change sends the next request: that one carries its own field.
  // A field that is taken away changes nothing, though the browser may say so: what somebody does is an input.
  document.addEventListener("input", ({ target }) => {
    if (onTheirWay && target.name) meanwhile.set(target.id || `${target.name} ${target.value}`, target);
  }, true);
  const carryOver = () => {
    for (const [key, old] of meanwhile) {
      const field = old.id ? document.getElementById(old.id) : [...document.getElementsByName(old.name)].find((one) => one.value === old.value);
      if (old.isConnected || !field || field.readOnly || field.type !== old.type) continue;
      meanwhile.set(key, field);
      if (field.checked === old.checked && field.value === old.value) continue;
      field.checked = old.checked;
      field.value = old.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };
  document.addEventListener("htmx:after:swap", (event) => {
    const { target } = event.detail.ctx;
    carryOver();
    focusNew(target.isConnected ? target : document.getElementById(target.id) ?? document);
  });
  const begin = () => {
    for (const button of all(document, "[data-print]")) button.hidden = false;
    for (const part of all(document, "[data-refresh]")) refresh(part);
    for (const help of all(document, "[data-keys], [data-pick-all]")) help.hidden = false;
    const [first] = rowLinks();
    if (first) enterRow(first, true), countTicks();
    focusNew(document);
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin); else begin();
})();
