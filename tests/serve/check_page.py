"""Prints what a status page holds that it should not: elements and attributes that a hostile name brought, missing
words, control characters.  usage: check_page.py PAGE WORD..."""
import html.parser
import sys

ELEMENTS = set("html head meta title style body h1 h2 p table tr th td code".split())


class Page(html.parser.HTMLParser):
    elements, words = set(), ""

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        if any(k.startswith("on") or k in ("src", "href") for k, _ in attrs):
            print("attribute", tag, attrs)

    def handle_data(self, data):
        self.words += data


page = Page()
page.feed(open(sys.argv[1], encoding="utf-8").read())
if page.elements - ELEMENTS:
    print("elements:", page.elements - ELEMENTS)
for word in sys.argv[2:]:
    if word not in page.words:
        print("missing:", word)
if any(ord(c) < 32 and c != "\n" or ord(c) in (0x202e, 0x9b) for c in page.words):
    print("control characters")
