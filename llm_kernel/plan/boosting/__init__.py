"""Boosted trees: XGBoost, LightGBM and CatBoost, what they print round by round, and what they say.

Nobody trains anything: figures are drawn once for a call, so that the lines, the best round, an early end and the
predictions agree. Of data whose scale nobody knows the figures are left open.
"""
