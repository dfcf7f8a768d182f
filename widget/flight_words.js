/** The words of flight cards, in the language of the card. */

const VI = {
  cardLabel: "Các chuyến bay",
  simulated: "Mô phỏng",
  simulatedMore: "Chuyến bay mô phỏng hoặc thử nghiệm: không có ghế thật",
  returnTrip: "khứ hồi",
  details: "Chi tiết",
  badges: { best: "Đáng chọn", cheapest: "Rẻ nhất", fastest: "Nhanh nhất" },
  cabins: {
    economy: "Phổ thông",
    premium_economy: "Phổ thông đặc biệt",
    business: "Thương gia",
    first: "Hạng nhất",
  },
  refund: {
    free: "Hoàn vé miễn phí",
    fee: (money) => `Hoàn vé: phí ${money}`,
    feeUnsaid: "Được hoàn, phí theo hãng",
    no: "Không hoàn vé",
    unsaid: "Hoàn vé: theo điều kiện hãng",
  },
  change: {
    free: "Đổi vé miễn phí",
    fee: (money) => `Đổi vé: phí ${money}`,
    feeUnsaid: "Được đổi, phí theo hãng",
    no: "Không đổi vé",
    unsaid: "Đổi vé: theo điều kiện hãng",
  },
  option: (position) => `Chuyến số ${position}`,
  askDetails: (position) => `Chi tiết chuyến số ${position}`,
  showMore: (count) => `Xem thêm ${count} chuyến`,
  andMore: (count) => `Còn ${count} chuyến khác. Nói thêm giờ, hãng hay giá để lọc.`,
  seatsLeft: (count) => `Còn ${count} chỗ`,
  stops: (count) => (count ? `${count} điểm dừng` : "Bay thẳng"),
  layover: (place, wait) => `Dừng tại ${place}, chờ ${wait}`,
  dayShift: (days) => (days === 1 ? "Đến ngày hôm sau" : `Đến lệch ${days} ngày`),
  operatedBy: (airline) => `do ${airline} khai thác`,
  updated: (minutes) => `Giá cập nhật ${minutes} phút trước`,
  missing: (names) => `${names} chưa trả lời kịp`,
  carryOn: (bag) => nameBag(bag, weighVi, "Xách tay", "Không gồm xách tay", "Xách tay: chưa rõ"),
  checked: (bag) => nameBag(bag, weighVi, "Ký gửi", "Không gồm ký gửi", "Ký gửi: chưa rõ"),
  total: (people) => `tổng cho ${people} khách`,
  perAdult: (money) => `${money} mỗi người lớn`,
  travellers: ({ adults, children, infants }) =>
    joinCounts([
      [adults, "người lớn"],
      [children, "trẻ em"],
      [infants, "em bé"],
    ]),
};

const EN = {
  cardLabel: "Flights",
  simulated: "Simulated",
  simulatedMore: "Simulated or test flights: no real seats stand behind them",
  returnTrip: "return",
  details: "Details",
  badges: { best: "Best", cheapest: "Cheapest", fastest: "Fastest" },
  cabins: { economy: "Economy", premium_economy: "Premium economy", business: "Business", first: "First" },
  refund: {
    free: "Free refund",
    fee: (money) => `Refund fee ${money}`,
    feeUnsaid: "Refundable, airline's fee",
    no: "No refund",
    unsaid: "Refund: airline's conditions",
  },
  change: {
    free: "Free changes",
    fee: (money) => `Change fee ${money}`,
    feeUnsaid: "Changeable, airline's fee",
    no: "No changes",
    unsaid: "Change: airline's conditions",
  },
  option: (position) => `Option ${position}`,
  askDetails: (position) => `Details of option ${position}`,
  showMore: (count) => `Show ${count} more`,
  andMore: (count) => `${count} more found. Name a time, airline or price to narrow them down.`,
  seatsLeft: (count) => `${count} left`,
  stops: (count) => (count === 0 ? "Nonstop" : count === 1 ? "1 stop" : `${count} stops`),
  layover: (place, wait) => `Stop at ${place}, ${wait} wait`,
  dayShift: (days) => (days === 1 ? "Arrives the next day" : `Arrival date differs by ${days} days`),
  operatedBy: (airline) => `operated by ${airline}`,
  updated: (minutes) => `Prices from ${minutes} min ago`,
  missing: (names) => `No answer in time from ${names}`,
  carryOn: (bag) => nameBag(bag, weighEn, "Carry-on", "No carry-on", "Carry-on not stated"),
  checked: (bag) => nameBag(bag, weighEn, "Checked", "No checked bag", "Checked bag not stated"),
  total: (people) => (people === 1 ? "total for 1 traveller" : `total for ${people}`),
  perAdult: (money) => `${money} per adult`,
  travellers: ({ adults, children, infants }) =>
    joinCounts([
      [adults, adults === 1 ? "adult" : "adults"],
      [children, children === 1 ? "child" : "children"],
      [infants, infants === 1 ? "infant" : "infants"],
    ]),
};

export function flightWordsIn(language) {
  return language === "vi" ? VI : EN;
}

/** A number stays on the line of what it counts. */
function joinCounts(counts) {
  const present = counts.filter(([count]) => count);
  return present.map(([count, name]) => `${count} ${name}`.replaceAll(" ", "\u00a0")).join(", ");
}

/** Nothing known is not the same as nothing included. */
function nameBag(bag, weigh, name, none, unstated) {
  if (!bag) return unstated;
  return bag.pieces ? `${name} ${weigh(bag)}` : none;
}

function weighVi({ pieces, kg }) {
  if (!kg) return `${pieces} kiện`;
  return pieces > 1 ? `${pieces} × ${kg} kg` : `${kg} kg`;
}

function weighEn({ pieces, kg }) {
  if (!kg) return pieces === 1 ? "1 piece" : `${pieces} pieces`;
  return pieces > 1 ? `${pieces} × ${kg} kg` : `${kg} kg`;
}
