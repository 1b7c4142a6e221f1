"""Service: what customers ask and complain of."""
