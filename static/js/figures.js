// Numbers as people read them; dashboard/figures.py prints the same.
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= 2 * DAY) return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor((whole % HOUR) / MINUTE);
  const rest = two(whole % MINUTE);
  return whole >= HOUR ? `${Math.floor(whole / HOUR)}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

export function rough(seconds) {
  for (const [unit, name] of [[DAY, "d"], [HOUR, "h"], [MINUTE, "min"]]) {
    if (seconds >= unit) return `${Math.floor(seconds / unit)} ${name}`;
  }
  return `${Math.min(59, Math.max(0, Math.round(seconds)))} s`;
}

export function capped(count) {
  return count > 10000 ? "10,000+" : count.toLocaleString("en");
}
