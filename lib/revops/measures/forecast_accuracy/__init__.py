"""Forecast accuracy: how wrong are our forecasts, in which direction, and would something simpler do better?"""
