"""Names for addresses: plain ASCII where the text can be spelled so, as on the sites that posts come from."""

from __future__ import annotations

import hashlib

from django.utils.text import slugify

from app.blog.slugs import LETTERS, base_of

SPELLED = """
а=a б=b в=v г=g д=d е=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e
ю=yu я=ya ё=yo є=ye і=i ї=yi ґ=g ђ=dj ј=j љ=lj њ=nj ћ=c џ=dz ў=u
α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o ά=a έ=e ή=i ί=i ό=o ύ=y
ώ=o
"""
TRANSLITERATED = str.maketrans({letter: latin for letter, _, latin in (pair.partition("=") for pair in SPELLED.split())})


def slug_of(text: str, *, kind: str, limit: int = 200) -> str:
    """Return a slug: in ASCII where the text can be spelled so, else in its own script. The same for the same text.

    A text without letters, and a name of a person that cannot be spelled, is named by `kind` and a checksum.
    """
    latin = text.lower().translate(TRANSLITERATED).translate(LETTERS)
    slug = slugify(latin)[:limit].strip("-_")
    if not slug and kind != "author":
        slug = base_of(text, nameless="")[:limit].strip("-_")
    return slug or f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def free_slug(wanted: str, taken: set[str]) -> str:
    """Return the slug, numbered where it is taken."""
    number, slug = 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug
