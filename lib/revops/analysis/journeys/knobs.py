"""What a journey is, in so far as it can be argued about."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from revops.company import TYPES, Settings

__all__ = ["JourneyKnobs"]


class JourneyKnobs(Settings):
    """Which deals have journeys, whose touches are theirs, and which of those count.

    types : opportunity types; none given = those that the quota covers
    cutoff : close = credit for what was won, by touches up to the end of the day it closed; creation = credit for
        pipeline, by touches up to the moment it was made
    since, until : days in which a deal closed (creation: was made), or the last touch of those who never converted fell
    lookback_days : how many days before that day touches count; None = all
    account_fallback : off, or all people of the account too: where no contact has a role on the opportunity, or always
    responses_only : leave out touches that are known not to have been answered
    once_a_day : what of one day counts once: a person, or all of a journey, in one campaign or one channel
    without_channels : channels to leave out, such as direct or what sales did itself
    lost, keep_open : whether lost deals are journeys (losses); whether open ones are (neither win nor loss)
    never_converted : people, or all of an account together, whom touches never brought to an opportunity, as losses
    quiet_days : for how many days they must have been without a touch
    """

    types: tuple[Literal[TYPES], ...] | None = None
    cutoff: Literal["close", "creation"] = "close"
    since: dt.date | None = None
    until: dt.date | None = None
    lookback_days: Annotated[int, Field(ge=0)] | None = None
    account_fallback: Literal["off", "no_roles", "always"] = "no_roles"
    responses_only: bool = True
    once_a_day: Literal["off", "person_campaign", "person_channel", "campaign", "channel"] = "person_campaign"
    without_channels: tuple[str, ...] = ()
    lost: bool = True
    keep_open: bool = False
    never_converted: Literal["off", "people", "accounts"] = "people"
    quiet_days: Annotated[int, Field(ge=0)] = 0
