"""Which policy a question is about."""

from __future__ import annotations

from tests.understanding.tables import in_lots
from understanding.policy_topics import find_policy

SAID = {
    "baggage": ["được mang bao nhiêu ký", "what's the baggage allowance", "mang nuoc mam len may bay dc ko"],
    "cancellation": ["what is your refund policy", "huỷ vé có mất phí không", "hoan ve duoc khong"],
    "changes": ["chính sách đổi vé thế nào", "can I change my flight?", "doi ngay bay mat phi bao nhieu"],
    "payment": ["trả bằng momo được không", "can I pay by bank transfer", "có cần đưa số thẻ không"],
    "check_in": ["mấy giờ được làm thủ tục online", "how early should I be at the airport", "lỡ chuyến thì sao"],
    "children": ["em bé 10 tháng có cần mua vé không", "do babies need their own ticket", "bé đi một mình được không"],
    "pets": ["có mang được mèo không?", "can I bring my dog in the cabin", "cho em mang theo chó"],
    "names": [
        "tên trên vé bị sai thì sao",
        "they spelled my name wrong on the ticket",
        "đổi tên được ko",
    ],
    "documents": ["đi máy bay nội địa cần giấy tờ gì", "what id do i need to fly domestic", "cần hộ chiếu không"],
    "privacy": ["dữ liệu cá nhân của mình có được bảo mật không", "what do you do with my personal data"],
    "assistant": ["vé này là vé thật hay mô phỏng vậy", "how does this work?", "is this a scam"],
    "contact": ["cho em gặp tư vấn viên ạ", "what's your phone number", "tổng đài số mấy"],
}
OTHERS = ["xin chào", "hello", "", "will you be there at ten", "thời tiết hôm nay thế nào", "🙂", "cho mình hỏi"]


@in_lots([(topic, each) for topic, said in SAID.items() for each in said])
def test_topic_is_found_in_the_words_of_travellers(topic: str, message: str) -> None:
    assert find_policy(message) == topic


@in_lots(OTHERS)
def test_what_is_about_none_has_none(message: str) -> None:
    assert find_policy(message) is None
