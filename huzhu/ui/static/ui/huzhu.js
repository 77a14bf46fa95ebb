/* Small helpers. Every page works without them; nothing here decides anything. */
(function () {
  "use strict";

  var root = document.documentElement;
  root.classList.add("has-script");

  function say(words) {
    var line = document.getElementById("toast");
    if (!line) return;
    line.textContent = words;
    line.classList.add("is-shown");
    window.clearTimeout(say.timer);
    say.timer = window.setTimeout(function () { line.classList.remove("is-shown"); }, 5000);
  }

  function isTyping(element) {
    return Boolean(element) && (/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable);
  }

  /* "/" leads to the search box; Escape closes the menu of small screens, or leaves what is being edited in place */
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(document.activeElement)) {
      var search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    if (event.key !== "Escape") return;
    toggleMenu(false);
    var edited = event.target.closest("[data-escape]");
    if (edited && !event.isComposing) edited.querySelector("[data-escape-to]").click();
  });

  function toggleMenu(open) {
    var menu = document.querySelector("[data-menu]");
    var button = document.querySelector("[data-menu-toggle]");
    if (!menu || !button) return;
    menu.classList.toggle("is-open", open);
    button.setAttribute("aria-expanded", String(menu.classList.contains("is-open")));
  }

  /* clicks: menu, dialogs, copying, printing */
  document.addEventListener("click", function (event) {
    var target = event.target.closest("[data-menu-toggle], [data-dialog], [data-dialog-close], [data-copy], [data-print]");
    if (!target) {
      if (event.target.nodeName === "DIALOG") event.target.close();
      if (!event.target.closest("[data-menu]")) toggleMenu(false);
      return;
    }
    if (target.hasAttribute("data-menu-toggle")) return toggleMenu();
    if (target.hasAttribute("data-copy")) return copy(target);
    if (target.hasAttribute("data-print")) return window.print();
    event.preventDefault();
    if (target.hasAttribute("data-dialog")) return document.getElementById(target.dataset.dialog).showModal();
    target.closest("dialog").close();
  });

  /* what is shown once: leaving asks first, until its reader says that it is kept */
  window.addEventListener("beforeunload", function (event) {
    if (document.querySelector("[data-shown-once]")) event.preventDefault();
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-kept]")) return;
    document.querySelectorAll("[data-shown-once]").forEach(function (part) { part.removeAttribute("data-shown-once"); });
  });

  /* a link to a field that waits in a closed dialog opens the dialog first */
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a[href^='#']");
    var field = link && document.getElementById(link.getAttribute("href").slice(1));
    var dialog = field && field.closest("dialog:not([open])");
    if (!dialog || dialog === field) return;
    event.preventDefault();
    dialog.showModal();
    (field.matches("input, select, textarea") ? field : field.querySelector("input") || field).focus();
  });

  /* links that act as buttons answer to the space bar too */
  document.addEventListener("keydown", function (event) {
    if (event.key === " " && event.target.matches("a[role=button]")) { event.preventDefault(); event.target.click(); }
  });

  function copy(button) {
    var done = function () {
      button.classList.add("is-copied");
      say("已复制：" + button.dataset.copy);
      window.setTimeout(function () { button.classList.remove("is-copied"); }, 2000);
    };
    var failed = function () { say("浏览器不允许自动复制，请选中后按 Ctrl+C。"); };
    if (navigator.clipboard) navigator.clipboard.writeText(button.dataset.copy).then(done, failed);
    else failed();
  }

  /* focus goes to the first error, or to what the page asks to be read first */
  function focusTrouble(part) {
    var trouble = part.matches && part.matches("[data-focus]") ? part : part.querySelector("[data-focus]") || part.querySelector("[aria-invalid=true]");
    if (trouble) trouble.focus();
  }

  /* one effect per click: a form that writes is sent once; back from the cache it may be sent again */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.hasAttribute("data-upload") && upload(form, event)) return;
    if (!form.hasAttribute("data-once")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    var button = event.submitter;
    window.setTimeout(function () { if (button) button.setAttribute("aria-busy", "true"); }, 0);
  });
  function release(part) {
    part.querySelectorAll("[data-sent]").forEach(function (form) { delete form.dataset.sent; });
    part.querySelectorAll("[aria-busy=true]").forEach(function (button) { button.removeAttribute("aria-busy"); });
  }
  window.addEventListener("pageshow", function (event) { if (event.persisted) release(document); });

  /* file slots: dropping, names, sizes, pictures, uploading with progress */
  function showChosen(slot) {
    var input = slot.querySelector("input[type=file]");
    var chosen = slot.querySelector("[data-slot-chosen]");
    var error = slot.querySelector("[data-slot-error]");
    var limit = Number(slot.dataset.limitMb) * 1024 * 1024;
    chosen.textContent = "";
    error.textContent = "";
    var files = Array.from(input.files);
    var tooBig = files.find(function (file) { return file.size > limit; });
    if (tooBig) {
      error.textContent = "“" + tooBig.name + "”超过 " + slot.dataset.limitMb + " MB，请压缩或重新拍照后再选。";
      input.value = "";
      files = [];
    }
    chosen.hidden = files.length === 0;
    files.forEach(function (file) {
      if (/^image\/(jpeg|png|webp)$/.test(file.type) && file.size < 8 * 1024 * 1024) {
        var reader = new FileReader();
        reader.onload = function () {
          var picture = new Image();
          picture.alt = "所选图片预览";
          picture.src = reader.result;
          chosen.prepend(picture);
        };
        reader.readAsDataURL(file);
      }
      var name = document.createElement("span");
      name.textContent = file.name + "（" + (file.size / 1024 / 1024).toFixed(2) + " MB）";
      chosen.append(name);
    });
    return files.length > 0;
  }

  document.addEventListener("change", function (event) {
    var slot = event.target.closest("[data-slot]");
    if (!slot || event.target.type !== "file") return;
    if (showChosen(slot) && slot.closest("form[data-upload]")) slot.closest("form").requestSubmit();
  });
  ["dragenter", "dragover", "dragleave", "drop"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var drop = event.target.closest && event.target.closest(".slot__drop");
      if (drop) drop.classList.toggle("is-over", kind === "dragenter" || kind === "dragover");
    });
  });

  function upload(form, event) {
    var slot = form.querySelector("[data-slot]");
    var input = form.querySelector("input[type=file]");
    if (!slot || !input.files.length || (event.submitter && event.submitter.hasAttribute("data-plain"))) return false;
    event.preventDefault();
    var bar = slot.querySelector("[data-slot-progress]");
    var error = slot.querySelector("[data-slot-error]");
    var request = new XMLHttpRequest();
    var fail = function (words) {
      bar.hidden = true;
      input.value = "";
      error.textContent = words;
    };
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.upload.onprogress = function (step) {
      bar.hidden = false;
      if (step.lengthComputable) bar.value = Math.round((step.loaded * 100) / step.total);
    };
    request.onerror = function () { fail("网络中断，文件没有传完。请检查网络后重新选择。"); };
    request.onload = function () {
      var answer = request.responseText;
      if (request.status >= 400) return fail(getReason(request, answer));
      var goTo = request.getResponseHeader("HX-Redirect");
      if (goTo) { window.location.assign(goTo); return; }
      var page = new DOMParser().parseFromString(answer, "text/html");
      var fresh = page.querySelector("[data-slot]");
      if (!fresh || page.getElementById("main")) { window.location.reload(); return; }
      var place = fresh.closest("form[data-upload]") || fresh;
      form.replaceWith(place);
      if (window.htmx) window.htmx.process(place);
      place.setAttribute("tabindex", "-1");
      place.focus();
    };
    request.send(new FormData(form));
    return true;
  }

  function getReason(request, answer) {
    try { return JSON.parse(answer).error; } catch (ignored) { /* not JSON */ }
    if (request.status < 500 && answer && answer.length < 300 && answer.indexOf("<") < 0) return answer;
    return "上传没有成功，文件未保存。请稍后再试。";
  }

  /* htmx: say what went wrong, look after the focus of what came in */
  document.addEventListener("htmx:responseError", function (event) {
    var status = event.detail.xhr.status;
    release(document);
    say(status === 403 || status === 401 ? "登录已过期或没有权限，请刷新页面后重新登录。" : "没有办成，数据未改动。请刷新页面后再试。");
  });
  document.addEventListener("htmx:sendError", function () {
    release(document);
    say("网络中断，请检查网络后再试。");
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    release(event.detail.elt);
    if (event.detail.elt.matches(".reveal--shown")) document.getElementById("asked").replaceChildren();
    var asked = document.querySelector("dialog[data-open]:not([open])");
    if (asked) asked.showModal();
    focusTrouble(event.detail.elt);
  });

  focusTrouble(document);
})();
