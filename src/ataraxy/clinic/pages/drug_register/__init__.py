"""The controlled-drug register of each place: what came, was drawn, given, wasted, returned. Always two people."""
