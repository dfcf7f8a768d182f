/** How values read in each language. Wall times come local from the server and are never shifted. */

const WEEKDAYS = {
  vi: ["Chủ nhật", "thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy"],
  en: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
};
export const MONTHS_EN = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** 1.890.000 ₫ or ₫1,890,000. */
export function formatMoney({ amount, currency }, language) {
  const options = { style: "currency", currency };
  return new Intl.NumberFormat(language, options).format(Number(amount));
}

/** thứ Sáu 04/12/2026 or Fri 4 Dec 2026. */
export function formatDay(isoDay, language) {
  const [year, month, day] = isoDay.slice(0, 10).split("-").map(Number);
  const weekday = WEEKDAYS[language][new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
  if (language === "en") return `${weekday} ${day} ${MONTHS_EN[month - 1]} ${year}`;
  return `${weekday} ${isoDay.slice(8, 10)}/${isoDay.slice(5, 7)}/${year}`;
}

/** 07:05 */
export function formatClock(atLocal) {
  return atLocal.slice(11, 16);
}

/** 09:30, 04/12 or 09:30, 4 Dec: an instant, where this page is. */
export function formatMoment(at, language) {
  const [date, pad] = [new Date(at), (number) => String(number).padStart(2, "0")];
  const [day, month] = [date.getDate(), date.getMonth()];
  const when = language === "en" ? `${day} ${MONTHS_EN[month]}` : `${pad(day)}/${pad(month + 1)}`;
  return `${pad(date.getHours())}:${pad(date.getMinutes())}, ${when}`;
}

/** 2g10 or 2h 10m. */
export function formatDuration(minutes, language) {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (language === "en") return [hours && `${hours}h`, rest && `${rest}m`].filter(Boolean).join(" ");
  if (!hours) return `${rest} phút`;
  return rest ? `${hours}g${String(rest).padStart(2, "0")}` : `${hours} giờ`;
}
