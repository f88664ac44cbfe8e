"""A sensitivity document as one page of HTML: no script, no network; the template engine escapes all that is shown."""
