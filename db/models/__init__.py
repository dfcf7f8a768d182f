"""Every table of ours; importing this module makes the metadata complete."""

from db.models.base import Base as Base
from db.models.clock import ClockOffset as ClockOffset
from db.models.conversations import Conversation as Conversation
from db.models.conversations import ConversationMessage as ConversationMessage
from db.models.conversations import Run as Run
from db.models.conversations import RunEvent as RunEvent
from db.models.flights import FlightOfferCache as FlightOfferCache
from db.models.flights import FlightSearch as FlightSearch
from db.models.flights import Offer as Offer
from db.models.users import User as User
