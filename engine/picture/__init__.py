"""A flow as a picture: its steps as cards, drawn as SVG, as text and as Mermaid."""
