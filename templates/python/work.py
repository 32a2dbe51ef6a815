from collections import Counter


def most_common(text):
    """The work function, which is called with each line: its most frequent word, and how often it occurs."""
    return Counter(text.lower().split()).most_common(1)[0]
