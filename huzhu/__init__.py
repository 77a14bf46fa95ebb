"""Huzhu (互助): the business system of a workers' mutual aid society."""
