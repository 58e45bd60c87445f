// @ts-nocheck
// The board of old televisions, in the language of 2009. The server draws the
// picture; this asks for the next one, says when nobody answers, and comes back
// by itself. No sound.
(function () {
  "use strict";
  var PATIENCE = 40000; // the server answers within 25 s
  var board = document.getElementById("board");
  var seen = board.getAttribute("data-seen");
  var build = board.getAttribute("data-build");
  var born = new Date().getTime();
  var failed = 0;

  function ask() {
    var x = new XMLHttpRequest();
    var over = false;
    var timer = setTimeout(function () { x.abort(); end(0, ""); }, PATIENCE);

    function end(status, text) {
      if (over) return;
      over = true;
      clearTimeout(timer);
      x.onreadystatechange = null;
      var now = null;
      if (status === 200) {
        try { now = JSON.parse(text); } catch (e) { /* half an answer is none */ }
      }
      if (!now) {
        failed++;
        if (failed > 1) document.body.className = "lost";
        setTimeout(ask, Math.min(5000, 500 * failed) * (0.5 + Math.random() / 2));
        return;
      }
      failed = 0;
      document.body.className = "";
      // A new build, or a page that has run for a day while nobody works.
      if (now.build !== build || (now.rest && new Date().getTime() - born > 43200000)) {
        location.reload();
        return;
      }
      if (now.seen !== seen) {
        seen = now.seen;
        board.innerHTML = now.html;
      }
      setTimeout(ask, 50);
    }

    x.onreadystatechange = function () {
      if (x.readyState === 4) end(x.status, x.responseText);
    };
    x.open("GET", board.getAttribute("data-now") + encodeURIComponent(seen), true);
    x.send();
  }

  ask();
})();
