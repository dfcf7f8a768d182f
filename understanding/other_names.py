"""Names that only have a place in them: a team, a dish, a street."""

from __future__ import annotations

from functools import cache

from understanding.grammar import Vocabulary
from understanding.text import Text

_TEAMS = (
    *("cowboys", "patriots", "bills", "dolphins", "jets", "ravens", "bengals", "browns", "steelers", "texans", "colts"),
    *("jaguars", "titans", "broncos", "chiefs", "raiders", "chargers", "giants", "eagles", "commanders", "bears"),
    *("lions", "packers", "vikings", "falcons", "panthers", "saints", "buccaneers", "bucs", "cardinals", "rams"),
    *("49ers", "niners", "seahawks", "celtics", "nets", "knicks", "76ers", "sixers", "raptors", "bulls", "cavaliers"),
    *("cavs", "pistons", "pacers", "bucks", "hawks", "hornets", "magic", "wizards", "nuggets", "timberwolves"),
    *("thunder", "trail blazers", "blazers", "jazz", "warriors", "clippers", "lakers", "suns", "kings", "mavericks"),
    *("mavs", "rockets", "grizzlies", "pelicans", "spurs", "red sox", "white sox", "yankees", "mets", "orioles"),
    *("rays", "blue jays", "guardians", "tigers", "royals", "twins", "astros", "angels", "athletics", "mariners"),
    *("rangers", "braves", "marlins", "phillies", "nationals", "cubs", "reds", "brewers", "pirates", "dodgers"),
    *("padres", "rockies", "diamondbacks", "bruins", "sabres", "red wings", "canadiens", "senators", "lightning"),
    *("maple leafs", "hurricanes", "blue jackets", "devils", "islanders", "flyers", "penguins", "capitals"),
    *("blackhawks", "avalanche", "predators", "blues", "flames", "oilers", "ducks", "sharks", "kraken", "canucks"),
    *("golden knights", "galaxy", "sounders", "timbers", "fc", "f . c", "hotspur", "rovers", "wanderers"),
)
_DISHES_AND_STREETS = (
    *("bún bò", "bún chả", "bún", "phở", "bia", "mì quảng", "cơm tấm", "cơm gà", "cơm hến", "bánh mì", "bánh bèo"),
    *("bánh", "nem", "nem chua", "chả mực", "hủ tiếu", "cao lầu", "cà phê", "đặc sản"),
    *("phố", "đại học", "đh", "clb", "câu lạc bộ", "university of"),
)
_LONGER = (
    *("hai phòng đơn", "hai phòng đôi", "hai phòng ngủ", "hai phòng khách", "hai phòng trong", "hai phòng hạng"),
    *("hỏi ăn uống", "hỏi ăn gì", "hỏi ăn cơm", "hỏi ăn chay", "hỏi ăn kiêng"),
)
_VERSUS = {"vs", "versus"}
LONGEST_BEFORE = 2


def is_part_of_name(text: Text, start: int, end: int) -> bool:
    """Whether a place is only part of something else: "Dallas Cowboys", "bún bò Huế", "hai phong khach san"."""
    if text.word(start - 1) in _VERSUS or text.word(end) in _VERSUS:
        return True
    if end < len(text.tokens) and _teams().read(text, end):
        return True
    if any(stop > end for _, stop in _longer().read(text, start)):
        return True
    begins = (begin for begin in range(max(start - LONGEST_BEFORE, 0), start) if text.word(begin - 1) != "thanh")
    return any(stop == start for begin in begins for _, stop in _dishes_and_streets().read(text, begin))


@cache
def _teams() -> Vocabulary:
    return Vocabulary(dict.fromkeys(_TEAMS, True))


@cache
def _longer() -> Vocabulary:
    return Vocabulary(dict.fromkeys(_LONGER, True))


@cache
def _dishes_and_streets() -> Vocabulary:
    return Vocabulary(dict.fromkeys(_DISHES_AND_STREETS, True))
