"""Whole conversations: what is said in turn, and what the frame holds after each message.

An expectation maps a frame field to its value as `summary` writes it; a field that is absent must be empty.
"""

from __future__ import annotations

from typing import NamedTuple

from understanding.frame import Frame, SlotName


class Turn(NamedTuple):
    said: str
    frame: dict[str, str]
    intent: str = "search"
    asked: frozenset[SlotName] = frozenset()
    offers_shown: int = 0


def summary(frame: Frame) -> dict[str, str]:
    """The fields of a frame that hold something, as short strings."""
    held: dict[str, str] = {}
    for name in Frame.model_fields:
        value = getattr(frame, name)
        if value is None or value == ():
            continue
        match name:
            case "origin" | "destination":
                held[name] = value.iata
            case "depart_range":
                held[name] = f"{value.first}..{value.last}"
            case "depart_time":
                held[name] = f"{value.first:%H:%M}-{value.last:%H:%M}"
            case "budget":
                held[name] = f"{value.amount} {value.currency}"
            case "airlines":
                held[name] = ",".join(value)
            case "ambiguous":
                held[name] = "; ".join(f"{doubt.field} {'|'.join(doubt.readings)}" for doubt in value)
            case "problems":
                held[name] = "; ".join(f"{problem.field} {problem.code}" for problem in value)
            case "legs":
                held[name] = ", ".join(f"{leg.origin.iata}-{leg.destination.iata}" for leg in value)
            case _:
                held[name] = str(value)
    return held


DA_NANG = {"origin": "HAN", "destination": "DAD", "depart_on": "2026-12-04", "adults": "2"}
BANGKOK = {
    "origin": "SGN",
    "destination": "BKK",
    "depart_on": "2026-12-20",
    "trip": "one_way",
    "max_stops": "0",
    "sort": "price",
}

TO_SAIGON = {"origin": "HAN", "destination": "SGN"}
SAIGON_AND_BACK = {**TO_SAIGON, "depart_on": "2026-12-20", "return_on": "2026-12-25", "trip": "round_trip"}

CONVERSATIONS: dict[str, list[Turn]] = {
    "a search is refined step by step": [
        Turn("Tìm vé Hà Nội đi Đà Nẵng thứ sáu tuần sau cho 2 người lớn", DA_NANG),
        Turn("Còn chuyến nào rẻ hơn?", {**DA_NANG, "sort": "price"}, "refine", offers_shown=5),
        Turn("chỉ bay Vietnam Airlines", {**DA_NANG, "sort": "price", "airlines": "VN"}, "refine", offers_shown=5),
        Turn(
            "bay thẳng, buổi sáng thôi",
            {**DA_NANG, "sort": "price", "airlines": "VN", "max_stops": "0", "depart_time": "05:00-11:59"},
            "refine",
        ),
        Turn(
            "hôm sau thì sao",
            {
                **DA_NANG,
                "depart_on": "2026-12-05",
                "sort": "price",
                "airlines": "VN",
                "max_stops": "0",
                "depart_time": "05:00-11:59",
            },
            "refine",
        ),
        Turn(
            "còn đi Huế thì sao",
            {
                **DA_NANG,
                "destination": "HUI",
                "depart_on": "2026-12-05",
                "sort": "price",
                "airlines": "VN",
                "max_stops": "0",
                "depart_time": "05:00-11:59",
            },
            "refine",
        ),
        Turn("tìm lại từ đầu", {}, "start_over"),
    ],
    "an English search is corrected": [
        Turn("cheapest nonstop from Saigon to Bangkok on 20 December, one way", BANGKOK),
        Turn("actually make it two people", {**BANGKOK, "adults": "2"}, "correction"),
        Turn("what about the day after?", {**BANGKOK, "adults": "2", "depart_on": "2026-12-21"}, "refine"),
        Turn("from Hanoi instead", {**BANGKOK, "adults": "2", "depart_on": "2026-12-21", "origin": "HAN"}, "refine"),
        Turn("start over", {}, "start_over"),
    ],
    "a correction replaces the day and keeps the return": [
        Turn("HN đi SG 20/12", {"origin": "HAN", "destination": "SGN", "depart_on": "2026-12-20"}),
        Turn(
            "khứ hồi về chủ nhật",
            {
                "origin": "HAN",
                "destination": "SGN",
                "depart_on": "2026-12-20",
                "return_on": "2026-12-27",
                "trip": "round_trip",
            },
            "refine",
        ),
        Turn(
            "à không, mai cơ",
            {
                "origin": "HAN",
                "destination": "SGN",
                "depart_on": "2026-11-26",
                "return_on": "2026-12-27",
                "trip": "round_trip",
            },
            "correction",
        ),
        Turn(
            "đổi ngày đi thành 30/12",
            {"origin": "HAN", "destination": "SGN", "depart_on": "2026-12-30", "trip": "round_trip"},
            "refine",
        ),
    ],
    "bare answers fill the slot we asked about": [
        Turn("tìm vé máy bay", {}),
        Turn("Hà Nội", {"origin": "HAN"}, asked=frozenset({"origin"})),
        Turn("danag", {"origin": "HAN", "destination": "DAD"}, asked=frozenset({"destination"})),
        Turn(
            "thứ sáu",
            {"origin": "HAN", "destination": "DAD", "depart_on": "2026-11-27"},
            asked=frozenset({"depart_on"}),
        ),
        Turn(
            "2",
            {"origin": "HAN", "destination": "DAD", "depart_on": "2026-11-27", "adults": "2"},
            "refine",
            asked=frozenset({"travellers"}),
        ),
    ],
    "the answer to when is the way back may be that there is none": [
        Turn(
            "HN SG mai khứ hồi",
            {"origin": "HAN", "destination": "SGN", "depart_on": "2026-11-26", "trip": "round_trip"},
        ),
        Turn(
            "không",
            {"origin": "HAN", "destination": "SGN", "depart_on": "2026-11-26", "trip": "one_way"},
            "refine",
            asked=frozenset({"return_on"}),
        ),
    ],
    "a bare figure answers on which day": [
        Turn("20", {"depart_on": "2026-12-20"}, asked=frozenset({"depart_on"})),
        Turn(
            "thứ bảy",
            {"depart_on": "2026-12-20", "return_on": "2026-12-26", "trip": "round_trip"},
            asked=frozenset({"return_on"}),
        )._replace(said="về thứ bảy"),
    ],
    "an ambiguous day is chosen by naming it": [
        Turn(
            "book vé đi Tokyo next Friday cho 2 người",
            {"destination": "TYO", "adults": "2", "ambiguous": "depart_on 2026-12-04|2026-11-27"},
        ),
        Turn(
            "Hà Nội",
            {"origin": "HAN", "destination": "TYO", "adults": "2", "ambiguous": "depart_on 2026-12-04|2026-11-27"},
            asked=frozenset({"origin"}),
        ),
        Turn("the 4th", {"origin": "HAN", "destination": "TYO", "adults": "2", "depart_on": "2026-12-04"}),
    ],
    "a bare weekday after a week is a day of that week": [
        Turn("đi Đà Nẵng tuần sau", {"destination": "DAD", "depart_range": "2026-11-30..2026-12-06"}),
        Turn("thứ sáu", {"destination": "DAD", "depart_on": "2026-12-04"}),
    ],
    "a bare figure after a month is a day of that month": [
        Turn("đi Huế tháng 3", {"destination": "HUI", "depart_range": "2027-03-01..2027-03-31"}),
        Turn("ngày 5", {"destination": "HUI", "depart_on": "2027-03-05"}),
    ],
    "a bare weekday after a month could be any of them": [
        Turn("đi Huế tháng 12", {"destination": "HUI", "depart_range": "2026-12-01..2026-12-31"}),
        Turn(
            "thứ sáu",
            {
                "destination": "HUI",
                "depart_range": "2026-12-01..2026-12-31",
                "ambiguous": "depart_on 2026-12-04|2026-12-11|2026-12-18|2026-12-25",
            },
        ),
        Turn("ngày 11", {"destination": "HUI", "depart_on": "2026-12-11"}),
    ],
    "an ambiguous day is chosen by its figure": [
        Turn("next Friday", {"ambiguous": "depart_on 2026-12-04|2026-11-27"}),
        Turn("27", {"depart_on": "2026-11-27"}),
    ],
    "a repeated place changes nothing": [
        Turn("HN SG 20/12", {"origin": "HAN", "destination": "SGN", "depart_on": "2026-12-20"}),
        Turn("Sài Gòn", {"origin": "HAN", "destination": "SGN", "depart_on": "2026-12-20"}, "refine"),
    ],
    "a weekend before the way out is no return": [
        Turn("khứ hồi 20/12", {"depart_on": "2026-12-20", "trip": "round_trip"}),
        Turn(
            "cuối tuần sau",
            {"depart_on": "2026-12-20", "trip": "round_trip", "problems": "return_on return_before_departure"},
            asked=frozenset({"return_on"}),
        ),
    ],
    "an ambiguous day is chosen by position": [
        Turn("next Friday", {"ambiguous": "depart_on 2026-12-04|2026-11-27"}),
        Turn("cái thứ hai", {"depart_on": "2026-11-27"}),
    ],
    "an ambiguous day is chosen by its week": [
        Turn("next Friday", {"ambiguous": "depart_on 2026-12-04|2026-11-27"}),
        Turn("tuần này", {"depart_on": "2026-11-27"}),
    ],
    "an ambiguous day is chosen by its date": [
        Turn("flights on 11/12", {"ambiguous": "depart_on 2026-12-11|2027-11-12"}),
        Turn("11 December", {"depart_on": "2026-12-11"}),
    ],
    "another day altogether settles an ambiguous one": [
        Turn("next Friday", {"ambiguous": "depart_on 2026-12-04|2026-11-27"}),
        Turn("thôi 20/12", {"depart_on": "2026-12-20"}),
    ],
    "an ambiguous place is chosen by name": [
        Turn("vé đi Hạ Long", {"ambiguous": "destination VDO|HPH"}),
        Turn("Vân Đồn", {"destination": "VDO"}),
    ],
    "an ambiguous place is chosen by position": [
        Turn("from Hanoi to San Jose", {"origin": "HAN", "ambiguous": "destination SJC|SJO"}),
        Turn("2", {"origin": "HAN", "destination": "SJO"}),
    ],
    "two places with or are one doubt": [
        Turn("Tokyo or Osaka", {"ambiguous": "destination TYO|OSA"}),
        Turn("Osaka", {"destination": "OSA"}),
    ],
    "a guessed amount needs a yes": [
        Turn("vé dưới 500", {"ambiguous": "budget 500000"}),
        Turn("ừ", {"budget": "500000 VND"}),
    ],
    "a guessed amount nobody answers for holds nothing up": [
        Turn("HN SG mai 1 dong", {**TO_SAIGON, "depart_on": "2026-11-26", "ambiguous": "budget 1000"}),
        Turn("2 người", {**TO_SAIGON, "depart_on": "2026-11-26", "adults": "2"}, "refine"),
    ],
    "a single reading of a date stays asked": [
        Turn("HN SG 12/25", {**TO_SAIGON, "ambiguous": "depart_on 2026-12-25"}),
        Turn("2 người", {**TO_SAIGON, "adults": "2", "ambiguous": "depart_on 2026-12-25"}),
        Turn("đúng rồi", {**TO_SAIGON, "adults": "2", "depart_on": "2026-12-25"}),
    ],
    "a return is moved, but not before the way out": [
        Turn("HN SG 20/12 về 25/12", SAIGON_AND_BACK),
        Turn("về sớm hơn 1 ngày", {**SAIGON_AND_BACK, "return_on": "2026-12-24"}, "refine"),
        Turn(
            "về sớm hơn 5 ngày",
            {**SAIGON_AND_BACK, "return_on": "2026-12-24", "problems": "return_on return_before_departure"},
            "refine",
        ),
        Turn("về muộn hơn 2 ngày", {**SAIGON_AND_BACK, "return_on": "2026-12-26"}, "refine"),
    ],
    "a return trip is made one way": [
        Turn("HN SG 20/12 về 25/12", SAIGON_AND_BACK),
        Turn("make it one way", {**TO_SAIGON, "depart_on": "2026-12-20", "trip": "one_way"}, "refine"),
    ],
    "the way back is given up": [
        Turn("HN SG 20/12 về 25/12", SAIGON_AND_BACK),
        Turn("bỏ khứ hồi", {**TO_SAIGON, "depart_on": "2026-12-20", "trip": "one_way"}, "refine"),
    ],
    "another trip drops the way back of the old one": [
        Turn("HN SG 20/12 về 25/12", SAIGON_AND_BACK),
        Turn(
            "now Hanoi to Tokyo on 3 December",
            {"origin": "HAN", "destination": "TYO", "depart_on": "2026-12-03"},
            "search",
        ),
    ],
    "another trip has the airline and the way back said with it": [
        Turn("HN SG 20/12 về 25/12", SAIGON_AND_BACK),
        Turn(
            "now Hanoi to Tokyo on 3 December with Vietjet, back on 9 December",
            {
                "origin": "HAN",
                "destination": "TYO",
                "depart_on": "2026-12-03",
                "return_on": "2026-12-09",
                "trip": "round_trip",
                "airlines": "VJ",
            },
            "search",
        ),
    ],
    "a child of unknown age is asked about": [
        Turn("vợ chồng tôi và con gái", {"adults": "2", "ambiguous": "children child|infant"}),
        Turn("bé 5 tuổi", {"adults": "2", "children": "1"}),
    ],
    "a place that is none goes away once a good one is said": [
        Turn("từ Hà Nội đi Wakanda", {"origin": "HAN", "problems": "destination unknown_place"}),
        Turn("Huế", {"origin": "HAN", "destination": "HUI"}),
    ],
    "an impossible day keeps the one we had": [
        Turn("đi Huế 20/12", {"destination": "HUI", "depart_on": "2026-12-20"}),
        Turn(
            "31/4",
            {"destination": "HUI", "depart_on": "2026-12-20", "problems": "depart_on impossible_date"},
        ),
        Turn("2 người", {"destination": "HUI", "depart_on": "2026-12-20", "adults": "2"}),
    ],
    "a return before the departure is refused": [
        Turn("đi Huế 20/12 về 18/12", {"destination": "HUI", "depart_on": "2026-12-20", "trip": "round_trip"})._replace(
            frame={
                "destination": "HUI",
                "depart_on": "2026-12-20",
                "trip": "round_trip",
                "problems": "return_on return_before_departure",
            }
        ),
        Turn(
            "về 28/12",
            {"destination": "HUI", "depart_on": "2026-12-20", "return_on": "2026-12-28", "trip": "round_trip"},
        ),
    ],
    "a length of stay follows the outbound day": [
        Turn(
            "đi Đà Nẵng 5 ngày 4 đêm từ 20/12",
            {
                "destination": "DAD",
                "depart_on": "2026-12-20",
                "return_on": "2026-12-24",
                "stay_nights": "4",
                "trip": "round_trip",
            },
        ),
        Turn(
            "dời sang 22/12",
            {
                "destination": "DAD",
                "depart_on": "2026-12-22",
                "return_on": "2026-12-26",
                "stay_nights": "4",
                "trip": "round_trip",
            },
        ),
    ],
    "a new route keeps travellers and cabin and drops the airline": [
        Turn(
            "SG đi HN 20/12 hạng thương gia Vietjet 2 người",
            {
                "origin": "SGN",
                "destination": "HAN",
                "depart_on": "2026-12-20",
                "adults": "2",
                "cabin": "business",
                "airlines": "VJ",
            },
        ),
        Turn(
            "bây giờ tìm Cần Thơ đi Phú Quốc 15/1",
            {
                "origin": "VCA",
                "destination": "PQC",
                "depart_on": "2027-01-15",
                "adults": "2",
                "cabin": "business",
            },
            "search",
        ),
    ],
    "another end keeps what was asked for": [
        Turn(
            "SG đi HN 20/12 Vietjet",
            {"origin": "SGN", "destination": "HAN", "depart_on": "2026-12-20", "airlines": "VJ"},
        ),
        Turn(
            "thử Đà Nẵng xem nào",
            {"origin": "SGN", "destination": "DAD", "depart_on": "2026-12-20", "airlines": "VJ"},
            "refine",
        ),
        Turn(
            "nhầm, ý mình là Cần Thơ đi Đà Nẵng",
            {"origin": "VCA", "destination": "DAD", "depart_on": "2026-12-20", "airlines": "VJ"},
            "correction",
        ),
    ],
    "travellers are added and replaced": [
        Turn("2 người lớn 1 trẻ em", {"adults": "2", "children": "1"}),
        Turn("thêm 1 em bé", {"adults": "2", "children": "1", "infants": "1"}),
        Turn("thôi 3 người", {"adults": "3"}),
        Turn("thêm 1 người", {"adults": "4"}),
        Turn("bớt 1 người", {"adults": "3"}),
        Turn("10 người", {"adults": "3", "problems": "travellers too_many_travellers"}),
        Turn("1 người lớn 2 em bé", {"adults": "3", "problems": "travellers infants_exceed_adults"}),
        Turn("0 người lớn", {"adults": "3", "problems": "travellers no_travellers"}),
        Turn("1 người", {"adults": "1"}),
    ],
    "a question about an offer changes nothing": [
        Turn("HN đi SG mai", {"origin": "HAN", "destination": "SGN", "depart_on": "2026-11-26"}),
        Turn(
            "chuyến 2 có hành lý không?",
            {"origin": "HAN", "destination": "SGN", "depart_on": "2026-11-26"},
            "details",
            offers_shown=5,
        ),
        Turn(
            "thời tiết Đà Nẵng tuần sau thế nào",
            {"origin": "HAN", "destination": "SGN", "depart_on": "2026-11-26"},
            "out_of_scope",
        ),
        Turn(
            "đi Thái Lan có cần visa không",
            {"origin": "HAN", "destination": "SGN", "depart_on": "2026-11-26"},
            "visa",
        ),
    ],
}
