"""The journeys of officers and citizens in a real Chromium, against the real sandbox register."""
