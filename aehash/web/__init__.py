"""The web application: the library's search, feedback, duplicates and map behind an API and a page.

This package only translates between HTTP and the library. Nothing of it is imported by any other
part but ``aehash serve``; it needs the extra ``web``.
"""
