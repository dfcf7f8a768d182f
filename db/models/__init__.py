"""Every table of ours; importing this module makes the metadata complete."""

from db.models.base import Base as Base
from db.models.clients import ApiClient as ApiClient
from db.models.clients import IdempotencyKey as IdempotencyKey
from db.models.clients import RateLimit as RateLimit
from db.models.clock import ClockOffset as ClockOffset
from db.models.conversations import Conversation as Conversation
from db.models.conversations import ConversationMessage as ConversationMessage
from db.models.conversations import Run as Run
from db.models.conversations import RunEvent as RunEvent
from db.models.flights import FlightOfferCache as FlightOfferCache
from db.models.flights import FlightSearch as FlightSearch
from db.models.flights import Offer as Offer
from db.models.notifications import NotificationLog as NotificationLog
from db.models.passengers import IdentityDocument as IdentityDocument
from db.models.passengers import Passenger as Passenger
from db.models.passengers import UserPreference as UserPreference
from db.models.users import AuditEvent as AuditEvent
from db.models.users import ExchangeCode as ExchangeCode
from db.models.users import RefreshToken as RefreshToken
from db.models.users import SignInAttempt as SignInAttempt
from db.models.users import User as User
from db.models.users import UserIdentity as UserIdentity
from db.models.users import UserSession as UserSession
from db.models.users import VerificationCode as VerificationCode
