"""QR codes as pictures that a paper or a page can hold."""

import segno


def svg(*, text: str) -> str:
    """
    Draw `text` as a QR code: one SVG with a viewBox and no fixed size, error correction M, quiet zone of 4 modules.

    :raises segno.DataOverflowError: if the text is too long for any QR code
    """
    code = segno.make(text, error="m", micro=False, boost_error=False)
    return code.svg_inline(border=4, omitsize=True, dark="#000000", light="#ffffff")
