/* Ticking people: all of a page at once, and how many are ticked. Pages work without it. */
(function () {
  "use strict";

  function count(part) {
    var ticked = part.querySelectorAll("input[data-tick]:checked").length;
    part.querySelectorAll("[data-ticked]").forEach(function (place) { place.textContent = String(ticked); });
    part.querySelectorAll("[data-needs-tick]").forEach(function (button) { button.disabled = ticked === 0; });
    var all = part.querySelector("input[data-tick-all]");
    var boxes = part.querySelectorAll("input[data-tick]");
    if (all) {
      all.checked = boxes.length > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
  }

  function sayMarked() {
    var words = document.querySelector("[data-marked-words]");
    if (!words) return;
    var marked = document.querySelectorAll("input[data-mark]:checked").length;
    words.textContent = marked ? "只退回勾选的 " + marked + " 行人员，其余不用改动。" : words.dataset.none;
  }

  document.addEventListener("change", function (event) {
    var part = event.target.closest("[data-ticks]");
    if (event.target.matches("input[data-mark]")) return sayMarked();
    if (!part) return;
    if (event.target.matches("input[data-tick-all]")) {
      part.querySelectorAll("input[data-tick]").forEach(function (box) { box.checked = event.target.checked; });
    }
    count(part);
  });

  function start() { document.querySelectorAll("[data-ticks]").forEach(count); }
  document.addEventListener("htmx:afterSettle", start);
  start();
})();
