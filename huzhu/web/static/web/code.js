/* The button that sends a code counts down until it may be used again. Without this file the server says how long to wait. */
(function () {
  "use strict";

  function begin(button) {
    var left = Number(button.dataset.countdown);
    if (!left || button.dataset.counting) return;
    var label = button.dataset.label;
    button.dataset.counting = "1";
    button.disabled = true;
    (function tick() {
      if (!button.isConnected) return;
      if (left <= 0) {
        button.disabled = false;
        button.textContent = label;
        return;
      }
      button.textContent = left + " 秒后可重新获取";
      left -= 1;
      window.setTimeout(tick, 1000);
    })();
  }

  function beginAll() { document.querySelectorAll("[data-countdown]").forEach(begin); }

  document.addEventListener("htmx:load", beginAll);
  document.addEventListener("DOMContentLoaded", beginAll);
})();
