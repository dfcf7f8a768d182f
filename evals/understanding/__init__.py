"""How well code understands travellers: cases as data, a score for each slot, and a page that shows every miss."""
