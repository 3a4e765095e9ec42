"""How a company is found: campaigns, journeys of touches, leads and the contacts and opportunities made of them."""
