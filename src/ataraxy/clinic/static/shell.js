/* Every page: the idle lock, the error summary, a line when an answer does not come. No inline script anywhere. */
(function () {
  "use strict";
  const idleMs = Number(document.body.dataset.idleSeconds || "300") * 1000;
  const lock = document.getElementById("lock");
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("ataraxy-lock") : null;
  let touched = Date.now();
  let told = Date.now();

  function token() {
    const meta = document.querySelector('meta[name="csrf-token"]');
    return meta ? meta.content : "";
  }

  function send(address, body) {
    return fetch(address, {
      method: "POST",
      body: body || new FormData(),
      headers: { Accept: "application/json", "X-CSRFToken": token() },
      redirect: "manual",
    });
  }

  function clock() {
    const face = lock && lock.querySelector("[data-clock]");
    if (face) face.textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  }

  function show() {
    if (!lock || lock.open) return;
    clock();
    document.documentElement.classList.add("is-locked");
    lock.showModal();
    lock.querySelector("#unlock-secret").focus();
  }

  function hide() {
    if (!lock || !lock.open) return;
    lock.close();
    document.documentElement.classList.remove("is-locked");
    lock.querySelector("#unlock-secret").value = "";
    lock.querySelector("#unlock-wrong").textContent = "";
    touched = told = Date.now();
    document.dispatchEvent(new CustomEvent("ataraxy:unlocked"));
  }

  function lockNow(telling) {
    if (!lock || lock.open) return;
    show();
    if (telling) {
      send("/lock/now/").catch(function () { /* without a network the server's own clock locks */ });
      if (channel) channel.postMessage("lock");
    }
  }

  function touch() {
    if (lock && lock.open) return;
    touched = Date.now();
    // A page that is read and not asked for anything: the server hears of it once a minute at most.
    if (touched - told > Math.min(60000, idleMs / 3)) {
      told = touched;
      send("/awake/").then(function (answer) {
        if (answer.status === 423) show();
        if (answer.status === 401 || answer.type === "opaqueredirect") location.reload();
      }).catch(function () { /* no network: nothing to tell */ });
    }
  }

  if (lock) {
    for (const kind of ["pointerdown", "keydown", "touchstart", "scroll", "input"]) {
      document.addEventListener(kind, touch, { passive: true, capture: true });
    }
    lock.addEventListener("cancel", function (event) { event.preventDefault(); });
    setInterval(function () {
      if (lock.open) clock();
      else if (Date.now() - touched > idleMs) lockNow(true);
    }, 1000);
    // A tablet that slept has missed its own alarm.
    document.addEventListener("visibilitychange", function () {
      if (!document.hidden && Date.now() - touched > idleMs) lockNow(true);
    });
    if (channel) channel.addEventListener("message", function (event) {
      if (event.data === "lock") show(); else hide();
    });
    const button = document.querySelector("[data-lock-form]");
    if (button) button.addEventListener("submit", function (event) { event.preventDefault(); lockNow(true); });
    const form = lock.querySelector("[data-unlock-form]");
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      const wrong = lock.querySelector("#unlock-wrong");
      send(form.action, new FormData(form)).then(function (answer) {
        return answer.json().then(function (said) {
          if (said.unlocked) { hide(); if (channel) channel.postMessage("unlock"); }
          else if (said.go) location.assign(said.go);
          else { wrong.textContent = said.message || "This did not work."; form.secret.select(); }
        });
      }).catch(function () { wrong.textContent = "No connection to the clinic. Try again."; });
    });
    // Pages with their own scripts ask for the lock when the server answered 423.
    document.addEventListener("ataraxy:locked", function () { show(); });
  }

  document.addEventListener("htmx:responseError", function (event) {
    const status = event.detail.xhr.status;
    if (status === 423) show();
    else if (status === 401) location.reload();
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    // A form that came back with errors is shown, not dropped.
    if (event.detail.xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });

  // A page that comes back out of the browser's memory shows what was true when it was left: it is asked for anew.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) location.reload();
  });

  const summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();
})();
