"""Texts that would run a script if any page, file or message let them; everywhere they are text."""

# What every one of them would do when it ran; a browser looks at `window.ran`.
FLAG = "window.ran=1"
INJECTIONS = (
    f"<script>{FLAG}</script>",
    f"</title></style></textarea><script>{FLAG}</script>",
    f"<img src=x onerror={FLAG}>",
    f'"><img src=x onerror="{FLAG}">',
    f"'><svg onload={FLAG}>",
    f'" autofocus onfocus="{FLAG}" x="',
    f"' onmouseover='{FLAG}' style='position:fixed;inset:0",
    f"<svg><script>{FLAG}</script></svg>",
    f"<svg><animate onbegin={FLAG} attributeName=x dur=1s>",
    f'<a href="javascript:{FLAG}">Open</a>',
    f"javascript:{FLAG}",
    f"<iframe srcdoc='<script>parent.{FLAG}</script>'></iframe>",
    f"<details open ontoggle={FLAG}>",
    f"<math><mi xlink:href='javascript:{FLAG}'>x</mi></math>",
    f"<meta http-equiv=refresh content='0;url=javascript:{FLAG}'>",
    "<base href=https://example.invalid/>",
    "<link rel=stylesheet href=https://example.invalid/x.css>",
    f"<form action=javascript:{FLAG}><button autofocus>x</button></form>",
    f"<style>@import 'https://example.invalid/'</style><p onclick={FLAG}>",
    f"{{{{ constructor.constructor('{FLAG}')() }}}}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    f"${{alert({FLAG})}}`+({FLAG})+`",
    f"&lt;script&gt;{FLAG}&lt;/script&gt; &#60;img src=x onerror={FLAG}&#62;",
    f"<!--><script>{FLAG}</script--><![CDATA[<img src=x onerror={FLAG}>]]>",
    f"\u202e<ScRiPt/x>{FLAG}//</sCrIpT >＜script＞{FLAG}＜/script＞",
)
HARMLESS = "An ordinary sentence of ordinary words."
