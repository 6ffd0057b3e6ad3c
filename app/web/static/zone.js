/* Choose the time zone of the browser, until its writer has chosen one. */
(() => {
  const select = document.getElementById("id_time_zone");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = [...select.options].some((option) => option.value === zone);
  if (!select.value && known) select.value = zone;
})();
