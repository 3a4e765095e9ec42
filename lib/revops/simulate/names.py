"""Made-up account and deal names; any likeness to a company is chance. All fit ISO-8859-1."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array

__all__ = ["HANDPICKED", "account_names", "countries", "deal_names", "industries"]

_FIRST = """
    Alder Arbor Aster Beacon Birch Bluewater Brack Bramble Calder Cascade Cinder Cobalt Copper Corvid Crestline Delta
    Dovetail Eastgate Elm Ember Everline Fairlight Falcon Fennel Fjord Flint Foxglove Garnet Glacier Granite Greyfield
    Harbor Hazel Heron Hollow Horizon Indigo Ironwood Jasper Juniper Kestrel Keystone Lark Larkspur Linden Longmeadow
    Lumen Maple Marlin Meridian Millbrook Mistral Moss Nimbus Nordwind Northgate Oakhurst Onyx Orchard Osprey Otter
    Palisade Pebble Pinecrest Plover Polar Quarry Quill Raven Redwood Ridgeway Rowan Saffron Sable Sandpiper Sequoia
    Silverline Slate Solstice Sparrow Spruce Sterling Stonebridge Sumac Tamarack Teal Thistle Thornton Tideway Topaz
    Umber Valley Verdant Vireo Walnut Westbrook Wicker Willow Winterset Wren Yarrow Zephyr Zinnia
"""
_SECOND = """
    Aerospace Analytics Automation Beverages Biotech Cargo Ceramics Chemicals Components Controls Dairy Distribution
    Electronics Fasteners Foods Freight Fulfilment Glass Instruments Labs Logistics Materials Medical Metals Mills
    Mobility Motors Optics Packaging Paper Pharma Plastics Polymers Power Precision Retail Rubber Steel Storage
    Supply Systems Textiles Tools Warehousing
"""
_LEGAL = {
    "AMER": (" Inc.", " LLC", " Corp.", "", ", Inc.", " & Co"),
    "EMEA": (" GmbH", " AG", " Ltd", " S.A.", " BV", " Société", " & Söhne", " Oy", ""),
    "APAC": (" Pty Ltd", " K.K.", " Pte Ltd", " Limited", ""),
}
HANDPICKED = (
    "<img src=x onerror=alert(1)>",
    "Smith, Jones & Daughters", 'The "Quick" Pick Company', "Müller & Söhne Fördertechnik GmbH", "O'Neill Handling",
    "Société Étanche de Québec", "Peñarroya Logística, S.A.", "Ærø Skibsværft", "Café Noël Importação", "4711 Lager AG",
    "Fjord & Sønner", "Weiß Straßenbau, Gmunden", "Bell + Howe", "@Scale Warehousing",
)  # fmt: skip
_COUNTRIES = {
    "AMER": ("United States", "United States", "United States", "Canada", "Mexico"),
    "EMEA": ("United Kingdom", "Sweden", "Switzerland", "United Arab Emirates"),
    "APAC": ("Australia", "Singapore", "Japan", "New Zealand"),
    "euro": ("Germany", "France", "Netherlands", "Spain", "Italy", "Finland"),
}
_INDUSTRIES = ("Manufacturing", "Logistics", "Retail", "Food & Beverage", "Healthcare", "Automotive", "")
_PRODUCTS = (
    ("Picker Fleet", "Warehouse Pilot", "Sorting Line", "Palletizer Program", "Fleet Manager", "Site Rollout"),
    ("Seats add-on", "Second site", "Night shift package", "Vision module", "Fleet extension"),
    ("Renewal",),
)


def account_names(regions: list[str], rng: np.random.Generator) -> list[str]:
    """Return one distinct name per account."""
    firsts, seconds = _FIRST.split(), _SECOND.split()
    pairs = rng.permutation(len(firsts) * len(seconds))
    legal = rng.random(len(regions))
    names = []
    for number, (region, part) in enumerate(zip(regions, legal, strict=True)):
        round_, pair = divmod(number, len(pairs))
        first, second = divmod(int(pairs[pair]), len(seconds))
        forms = _LEGAL.get(region, ("",))
        name = f"{firsts[first]} {seconds[second]}{forms[int(part * len(forms))]}"
        names.append(name if round_ == 0 else f"{name} {round_ + 1}")
    return names


def countries(regions: list[str], foreign: Array, rng: np.random.Generator) -> list[str]:
    """Return a country per account; those that pay in the foreign currency lie in the euro area."""
    drawn = rng.random(len(regions))
    known = [_COUNTRIES.get("euro" if euro else region, ("",)) for region, euro in zip(regions, foreign, strict=True)]
    return [places[int(part * len(places))] for places, part in zip(known, drawn, strict=True)]


def industries(n: int, rng: np.random.Generator) -> list[str]:
    """Return an industry per account; some are blank."""
    return [_INDUSTRIES[i] for i in rng.integers(0, len(_INDUSTRIES), n)]


def deal_names(deals: pd.DataFrame, accounts: pd.DataFrame, years: Array, rng: np.random.Generator) -> list[str]:
    """Return a name per deal: the account, what is sold, the year; names may repeat, as they do."""
    owners = accounts["name"].to_numpy()[deals["account"]]
    drawn = rng.random(len(deals))
    names = []
    for account, kind, part, year in zip(owners, deals["kind"], drawn, years, strict=True):
        product = _PRODUCTS[kind][int(part * len(_PRODUCTS[kind]))]
        names.append(f"{account} - {product} {year}")
    return names
