"""The parts of a document, or of the schema of one: every object in it, and where it stands."""


def objects(document, path=()):
    """Every object of a document with its path."""
    if isinstance(document, dict):
        yield path, document
        for key, value in document.items():
            yield from objects(value, (*path, key))
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield from objects(value, (*path, place))


def described_objects(schema):
    """The parts of a schema that say which keys an object has."""
    return [
        part
        for _, part in objects(schema)
        if part.get("type") == "object" and "properties" in part
    ]


def descriptions(schema):
    """The words of a schema for people."""
    return [
        part["description"]
        for _, part in objects(schema)
        if isinstance(part.get("description"), str)
    ]


def in_both_languages(description):
    return description.startswith("vi ") and description.count(" / en ") == 1
