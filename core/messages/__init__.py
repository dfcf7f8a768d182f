"""What we say, and how values read, in Vietnamese and English."""

from core.messages.catalogue import Language as Language
from core.messages.catalogue import choose_language as choose_language
from core.messages.catalogue import find_key as find_key
from core.messages.catalogue import say as say
from core.messages.formats import format_clock as format_clock
from core.messages.formats import format_day as format_day
from core.messages.formats import format_duration as format_duration
from core.messages.formats import format_money as format_money
from core.messages.formats import is_worth_something as is_worth_something
