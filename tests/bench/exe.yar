/* What a hand-written rule file would look for: the yardstick for speed, not for truth. */
rule elf     { strings: $a = { 7F 45 4C 46 (01|02) (01|02) 01 } condition: for any i in (1..#a) : (uint16(@a[i] + 16) >= 1 and uint16(@a[i] + 16) <= 4) }
rule pe      { strings: $a = "MZ" condition: for any i in (1..#a) : (uint32(@a[i] + 60) < 0x10000 and uint32(@a[i] + uint32(@a[i] + 60)) == 0x4550) }
rule macho   { strings: $a = { FE ED FA (CE|CF) } $b = { (CE|CF) FA ED FE } condition: any of them }
rule script  { strings: $a = "#!/bin/" $b = "#!/usr/bin/" condition: any of them }
rule archive { strings: $a = { 50 4B (03 04|05 06) } $b = { 37 7A BC AF 27 1C } $c = { FD 37 7A 58 5A 00 } $d = { 1F 8B 08 00 } condition: any of them }
rule other   { strings: $a = { 00 61 73 6D 01 00 00 00 } $b = "dex\n03" $c = "%PDF-1" condition: any of them }
