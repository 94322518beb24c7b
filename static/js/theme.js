// Runs before the first paint. A signed-in person's profile decides (the server wrote it on <html>);
// elsewhere this browser's last choice does, then the system.
(function () {
  const root = document.documentElement;
  const next = { system: "light", light: "dark", dark: "system" };

  function keep(theme) {
    try { localStorage.setItem("dailies-theme", theme); } catch { /* storage may be off: still applied */ }
  }

  function kept() {
    try { return localStorage.getItem("dailies-theme"); } catch { return null; }
  }

  if (root.dataset.theme) keep(root.dataset.theme);
  else root.dataset.theme = kept() || "system";

  root.dataset.js = "";

  document.addEventListener("submit", function (event) {
    const form = event.target.closest("[data-theme-switch]");
    const button = form && event.submitter;
    if (!button) return;
    event.preventDefault();
    const theme = button.value;
    fetch(form.action, { method: "POST", body: new FormData(form, button) }).catch(() => {});
    root.dataset.theme = theme;
    keep(theme);
    button.value = next[theme];
    button.title = "Theme: " + theme;
    button.setAttribute("aria-label", "Theme: " + theme + ". Switch to " + next[theme]);
  });

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = "timezone=" + encodeURIComponent(zone) + ";path=/;max-age=31536000;samesite=lax";
})();
