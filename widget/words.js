/** The widget's own words. Replies and cards bring their own language; these are for everything around them. */

export const LANGUAGES = ["vi", "en"];

const VI = {
  title: "Trợ lý chuyến bay",
  subtitle: "Tiếng Việt và tiếng Anh",
  open: "Mở trợ lý chuyến bay",
  openUnread: "Mở trợ lý chuyến bay, có tin nhắn mới",
  close: "Đóng",
  fresh: "Cuộc trò chuyện mới",
  signIn: "Đăng nhập",
  signOut: "Đăng xuất",
  signOutHere: "Đăng xuất khỏi trang này",
  travellers: "Hành khách và tài khoản",
  signedIn: "Đã đăng nhập",
  signInEnded: "Phiên đăng nhập đã hết. Tin của bạn vẫn còn đây.",
  blocked: "Trình duyệt đã chặn cửa sổ đăng nhập. Mở bằng nút này nhé:",
  otherLanguage: "EN: switch to English",
  log: "Cuộc trò chuyện",
  welcome: "Xin chào! Bạn muốn bay đi đâu?",
  welcomeMore:
    "Nói như với bạn bè: nơi đi, nơi đến, ngày, số người. Mình tìm chuyến và giải thích giá, hành lý, đổi và hoàn vé.",
  starters: [
    "Tìm vé Hà Nội đi Đà Nẵng thứ sáu tuần sau cho 2 người lớn",
    "Sài Gòn đi Bangkok bay thẳng rẻ nhất ngày 20/12",
    "Vé khứ hồi Hà Nội đi Phú Quốc mùng 3 Tết, về mùng 7 Tết",
    "Bạn giúp được gì?",
  ],
  placeholder: "Nhập điều bạn cần…",
  send: "Gửi",
  stop: "Dừng trả lời",
  caution: "AI có thể nhầm. Hãy kiểm tra lại trước khi đặt.",
  suggestions: "Gợi ý",
  you: "Bạn",
  assistant: "Trợ lý",
  toEnd: "Xuống cuối",
  approved: "Đồng ý",
  declined: "Không đồng ý",
  done: "Xong rồi",
  stopped: "Đã dừng theo yêu cầu của bạn.",
  reconnecting: "Mất kết nối, đang nối lại…",
  connectionLost: "Không kết nối được. Tin của bạn vẫn còn đây.",
  tryAgain: "Thử lại",
  working: "Đang xử lý…",
  restoring: "Đang mở lại cuộc trò chuyện…",
};

const EN = {
  title: "Flight assistant",
  subtitle: "Vietnamese and English",
  open: "Open the flight assistant",
  openUnread: "Open the flight assistant, new message",
  close: "Close",
  fresh: "New conversation",
  signIn: "Sign in",
  signOut: "Sign out",
  signOutHere: "Sign out of this page",
  travellers: "Travellers and account",
  signedIn: "Signed in",
  signInEnded: "Your sign-in has ended. Your message is still here.",
  blocked: "The browser blocked the sign-in window. Open it here:",
  otherLanguage: "VI: chuyển sang tiếng Việt",
  log: "Conversation",
  welcome: "Hello! Where would you like to fly?",
  welcomeMore:
    "Say it as to a friend: from, to, when, how many. I find flights and explain prices, bags and fare rules.",
  starters: [
    "cheapest nonstop from Saigon to Bangkok on 20 December, one way",
    "Hanoi to Da Nang next Friday for 2 adults",
    "Ho Chi Minh City to Tokyo on 10 January, back on 17 January",
    "What can you do?",
  ],
  placeholder: "Type what you need…",
  send: "Send",
  stop: "Stop answering",
  caution: "AI can be wrong. Please check before you book.",
  suggestions: "Suggestions",
  you: "You",
  assistant: "Assistant",
  toEnd: "Go to the end",
  approved: "Approved",
  declined: "Declined",
  done: "Done",
  stopped: "Stopped at your request.",
  reconnecting: "Connection lost, reconnecting…",
  connectionLost: "No connection. Your message is still here.",
  tryAgain: "Try again",
  working: "Working…",
  restoring: "Opening your conversation again…",
};

/** What the assistant is doing, by step or tool name. */
const ACTIVITIES = {
  understand: { vi: "Đang đọc yêu cầu…", en: "Reading your request…" },
  route: { vi: "Đang chọn cách trả lời…", en: "Choosing how to answer…" },
  flight: { vi: "Đang soạn câu trả lời…", en: "Writing the answer…" },
  concierge: { vi: "Đang soạn câu trả lời…", en: "Writing the answer…" },
  booking: { vi: "Đang xem việc đặt chỗ…", en: "Seeing to the booking…" },
  tools: { vi: "Đang tra cứu…", en: "Looking things up…" },
  search_flights: { vi: "Đang tìm chuyến bay…", en: "Searching flights…" },
  price_calendar: { vi: "Đang so giá theo ngày…", en: "Comparing prices by day…" },
  seat_map: { vi: "Đang xem sơ đồ ghế…", en: "Looking at the seats…" },
  fare_rules: { vi: "Đang xem điều kiện vé…", en: "Looking at the fare rules…" },
  get_offer_details: { vi: "Đang xem chi tiết chuyến bay…", en: "Looking at the details…" },
};

export function wordsIn(language) {
  return language === "vi" ? VI : EN;
}

export function describeActivity(name, language) {
  const activity = ACTIVITIES[name];
  return activity ? activity[language] : wordsIn(language).working;
}

const LANGUAGE_KEY = "travel-chat:language";

export function keepLanguage(language) {
  localStorage.setItem(LANGUAGE_KEY, language);
}

/** What the page says, what the traveller chose here before, what the browser prefers. */
export function chooseLanguage(pageLanguage) {
  const wishes = [pageLanguage, localStorage.getItem(LANGUAGE_KEY), ...navigator.languages];
  return wishes.map(matchLanguage).find(Boolean) ?? "en";
}

export function matchLanguage(tag) {
  return LANGUAGES.find((language) => tag?.toLowerCase().startsWith(language));
}
