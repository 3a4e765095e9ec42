"""The forecasts as they were frozen: people's calls, deals as they stood, and what knows nothing but bookings."""
