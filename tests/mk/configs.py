"""configs.py - JSON files beside models that are too long for a recipe."""
import json

LONG = {"token-%d" % i: i for i in range(6000)}


def auto_map_in_the_middle():
    """The key lies where neither the head nor the tail of the file shows it."""
    return json.dumps({"a": LONG, "auto_map": {"AutoModel": "evil--m.Net"}, "b": LONG}).encode()


def plain_in_the_middle():
    return json.dumps({"a": LONG, "model_type": "llama", "b": LONG}).encode()


def template_behind_64k():
    """A chat template whose first 90 KB are a comment."""
    template = "{# " + "x" * 90000 + " #}{{ messages['__cla' ~ 'ss__'] }}"
    return json.dumps({"tokenizer_class": "X", "chat_template": template}).encode()


def long_comment():
    template = "{# " + "x" * 90000 + " #}{{ messages[0].content }}"
    return json.dumps({"tokenizer_class": "X", "chat_template": template}).encode()
