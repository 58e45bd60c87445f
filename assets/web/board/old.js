// @ts-nocheck
// The board wants Chromium 104, Firefox 90 or Safari 15.4, all of 2022 or before. An
// older browser, as televisions have, is sent to the board that the server draws.
// This file must be understood by all of them.
(function () {
  var css = window.CSS && window.CSS.supports;
  if (css && CSS.supports("rotate", "1deg") && CSS.supports("width", "min(1px, 1vw)") && [].at && window.ResizeObserver) return;
  location.replace(location.pathname.replace(/\/+$/, "") + "/lite" + location.search);
})();
