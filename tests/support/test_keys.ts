/**
 * RSA keys of nobody: they open nothing and sign nothing but in these tests. Making one takes from a
 * tenth of a second to several, which is more than most tests take; that they are made well is tested
 * where they are made.
 */

import { Buffer } from "node:buffer";
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";

/** PKCS #8 in base64. */
const KEYS = {
  /** The login key of a simulated SuperOffice. */
  login: [
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDjAv3OCi+wWh/sKIPBwUSJF51jAAWgh4WQYH3H4H",
    "XE2ub2J0JxEdFCjo8A9+UCRbFexYUm0thmLl4azhmnUeKhWlNGKl+EjELI9MuXtz/SPUbJlrymYY3VCZTe6eMVi3BD",
    "yV5Cz0XNmPfEQ7/JYyyY1pMyJK9lwzth3N4pgk5Ev9eABqmWr2MejNg0Svh1rHL3EMhouhoaC12lneuR1IArFU2Y3x",
    "7eFn6CRaG3CqDdV01lHDaWzD6uIX+VU7Ga/IOehiff1hU2eiZKXuRfUZWHoKqJzWrvWkutGcRcf59oz9v3J4CwkH5C",
    "aiBf++igUg7ojoFCBHiZcoeA3sblG4g/AgMBAAECggEBAIwl8KMfTsnFGigl6xHXS4SHe7b+8HpmsGKt73lSbeKWcj",
    "hNjItZwKMid87VPCDm/dXQg5+wU8Dhp19NFjFiMFQE+5w51LZ0EVcXKgoEK/aTtfwGf3kIiROY0ru8EWHfr/NpgjQk",
    "2qdPZMdaPDEMdR/2ePFgDJj6qtKEFPPzanat/04N4P71yS4o3ifq/94RSz2B0wzYJXdfVZiAX2x/Dvjs38usCAmYPc",
    "Pi5COwx/RS4lajqMUrzRDJswB99pR3alO+08z+SBb6oSu/j3XDEFaqxcMQIja3TmWOAUTr4SdK3iVx3PQiGaRWa3qJ",
    "iSLsaUdFlWtydVBeK9hcxiUI4sECgYEA5Z+xZDCs/ZBHVrAFLDI1szrCsjFlQeTsMqCs3a9dTpEAI7ncV1rggKj+3r",
    "hm75YoDUoAB9brHZS/o4gRY7AfM8UZHKDPivoLLlzzgdg57u0cpnzH+jFqfenapu2Cn0PChvnr8lGvTYWN0UNva+eg",
    "058BaZ1+8MKSY5v5coix3FkCgYEA/RZ8m3GO1c0gP8jNTalTNPlk4vlUX9dY10xgVpEBdbvSCifTZyAzVpTCzPmyx2",
    "Qeu21AEw5o0lv6WOmKvpPW9409HJV+OBm+NbeBvNjTBmMRxL3XxmUKxqu06QaH7v2R6p0b9JSxRPG0jMIQGIU6u9vY",
    "FBFM2+xQw4BqVmZKFlcCgYASr3UK9x8MnzH+7uHs38UY6Z4wS+62dv91eze17nBEVW5SeexhO2brcVUUIKNXubtWoX",
    "/xI18MkC8sCoWHvCw91Tse5kMdRw2j3zJ9jW/hbnAXaC4JwP2uc1o0nT004pmwzCOUG2uNfmG09qzZdgbTUawWwRc0",
    "VlD9RBL/a/o1OQKBgQCUs2OfSUdtI0qxb2ABI126IFZAbdI/RZ3zUfLAqg47iJFOWjwBuY+wbVNPb960/IR6ByTAjZ",
    "TVFCmxl/ZnJyIE7T1c0BELEUUK9rkJpjPG6uqDuC9RaAi+1iBDUg0IRIA5YvoL6FmHcqRsl5ExdwYdXnxEvi10ghKp",
    "64ePICajnQKBgDloJhmCLnLLdzlzsrzdt3ZyGfJjegxoRngwgv+1MwapP+66g47VdL3hzyRtRiMSrbSygxNQD46zPw",
    "N7lp7NOjLtGRMSnxFSEnhB4SZlmVS06QdM37s/qsUCp8mmLWLZ1OvjdWVuBn+T6jNk4u0jfdY2aPfnNARJ40rbZFD0",
    "fmpW",
  ],
  /** What a service signs with that has no key in the cloud. */
  signing: [
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCiMjh5WsYaVkF2jkrg6QnoANHsHtb2nlBvW/mvs4",
    "HimU07pFk6oDYKyX7bScRQ1znqjJMTeK0IeePo6qzv6He6VHXsIqCSkr/Q1EAIUlyv+kZiDOXJadU3iOjefcCpek2j",
    "mpD8D0WH6GMzSCssuiNBNKeeT0QieAyXQagDjZxDyS/U+xS515ovgeTOotfV5xDlzDOURbyzWSllC3Tcd5OFc1gZgk",
    "qvuezj0JC2eFYHqCRHm7wAT6acy4LbQE8Rejm1Vr5Z1YbtXCmvVAt6aqO1OVGSVDhPDBs5DlPCb4ISMhGe8Jxe2Gm5",
    "cb0yez5vx58LnzTCXFuA8OOdJcJQ19qTAgMBAAECggEAA6rzD/t3g1zz+gRZuSBL8w0hsh84aTdHRl1kFg8PHtqsnm",
    "6m/eZlknTgA4F1iQZ07tLi+IvADfMDrl6wLnSpUHNcf0yBKQ9cexJxqD6Ejg4wzULRZ26XPbxA19csJij33H1AThLi",
    "VaJxq9Uz9Lz40x6ns7LDLaxdTIZVkE8Be57l164uztrjzr5yUDFl+uAQcMyf7Hd/tGVuLZVZTfrsJ/zRHzYW6R/iL9",
    "xobX0Ii0UY+sTfdrepzR2avBEW9tn6Za6VslzxUR8t0cLCaxjsHk6dDrqvFj+i+1ZcynM1DXcd8BboKgkc/gBrSHgn",
    "EWyHScV9jzUTbf8TF/LxC6n/oQKBgQDFyGj7DjVI2PkyZlfDdaLakwbJaDn7nk9D0WmjnG/VRP8wJ7dWWjRBO9uhaa",
    "sKPtOHzsuawwPsKg8J3K5+dtigoj1YaGtGzvAlWFjIjoOyfM3RY+uLq6klHBZtRBG75DXlBzszuQg9XK97W0sbjcFM",
    "uQ2DT8hHlQMpYy0csyTm6QKBgQDR8DyuvPXPJ9mzrcjN2d4Rjan/OwBS5Hm7mT3SDpZnCKnb7ypJHLn08Rh4IKx4TI",
    "UboZrix0ryoHEvHmJOXlrnjpxxLhvhyrr4Fe5yn1HUrcGif0uvliIk7hiy4HuSPdkJ1hgsBqwQ4Hzwf+EZ+T3SGRXI",
    "IO+FDbLOx0QikyeAGwKBgC9HMuEgilg5lYgYss4EZsN89dhbU9D0DNqXSntTv9/pOF8Yf1jjAy680kmJattuHT6Pjl",
    "gWWe+wNhwTZprQagQsBCIIA+zPNtSWg9KdTpnx/3kYO4wNosc+KZZA+URCzydKTTqV9oREjaYdMp0Ji7V9Xt+OyL9j",
    "vXe9P2Fm6WFRAoGBAIqy70R6ruO37kqZTAtEH0T1lRR8xI//RrW8Xm2DGbbksGQPtJ4tDmZXStVCsO+hjmdc81lUVZ",
    "3KhjydFFG2YNSPEahs0Bryt2fkBW9Q9t1OFpnnA/fzdodzjnnPeZR6rAOloL6lgdR8m87AjdV9J2zBCfT4XYZIMJQQ",
    "bmFxWy11AoGARJZE3+x9D9VpqGzTTOOAxpnDF7oBqy10mJ7q/Zbm0r9vfy8nWZ6Gd2+/cuKmfdzcXTfkIo3r0xJeeu",
    "18LWaxNZ8dfva8ObbO7LEkxwjOvXR57UJOIH3J43MPn4w9Pz1ItZhvFgiFvGIjBUHfznd0fPeG1fLPBQ30+QggSeQ3",
    "K5U=",
  ],
  /** Where it only matters that each is another one. */
  first: [
    "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDIG31Q4/79JtlUXn+Pu3T4Qc9MGXyIjFJTYZHyue",
    "ZhOPdOUhHaUcByNrAihyZxLYCgA4bIwkrvPlgaNGxEGZktnQKOvz02ortho2Z92UZ+ur2a6trq9pCraU3hZnYcqatP",
    "pPc9rrye2Ma9mKjNqBpYsgWGjikqBDuEKc2d3bDPyHv+bUxfHJ6ZSMao2UOiMKb6KSnlytA2aCNHkmYF77X3U4iHQX",
    "A4PBbesidvBaQoBO0FNCJBc415y8sUCsi27JxJyKflNwYwhrfP988DDtROVp9aoLw9zRjKYgRVZcIVI5/Rle5wNwI8",
    "nfWz1hnJsi43h/oOuPr3tTP7fzqCkH/3AgMBAAECgf8I7ZdXmEV9y66Qv3pdRdPma6a1Ws0kGoeFJxcWr4m1c/xJwK",
    "Mq4d+8AMlUj6EF1yZgsJXiSn9d2oZl8+zMk7N2MQtR4RJAZLFOonJi2gjC+KwgMY95om7IyeUcjIi6Q6/CbeKAPgBS",
    "7BNHRdiQYDnSvLEoNCamVdnh47/TAOfF56VhHKzVeBpDI+jR0lH1cNs2cBX2dPGaFlFJX1YR+VddGYvkDCtrB5MHrr",
    "MWI2BC2Mv+EOiPDHW96clPTtrPck9Q8Ubt6U7mc4hNnMXlboykwdKm2ZS/3kOC6oIbu9O2Bcd/8EHlr4O9pYOGFSUa",
    "t6+vISHYVL68zAI6w+1MLokCgYEA+cxnwUiBWqcsPtUXQruHxJ4WPArHQ5NTynAtOG8XhEHoUFxhR+mtgtgFVJf0tC",
    "wnj6VFmO/xycT59dQC0HnZAk0nKuNVmc7UPDXUU24v04fupV+FvoNk9S9WP796qW7j8T+ouZqP6gN25T42gGDmCb3b",
    "8P1DegNR/iyu2WzaBNMCgYEAzRNFv/ghTj3knIxVxjvIPzME/uNNqdvj0XUSchn3a7Gr2BXw1uJas/HnLnoIdUjMXn",
    "X4rod4KeBGYlM/K2RITIvQ/a3Q7jpcvk5/RmZllIEG3TIu2jueh5cKxk2Vj3/WlqNE7hvhDYjAsFmKrN1NhvXEGaoA",
    "947XGgXClVrQ8c0CgYEA7loybmWGuD9nopSl21EhXWUTBjuqozpC65laLM0j/Vj+GR/s2zeIDp+dhnhwUDMJlLE41Z",
    "OufL5tXDnubYq2nNGNnAjLtzV5ofIjJXCwRgEgn7+j2IN7o9CFVdKZcm6TJbF+h4uJ4ttnaZqRWrIbDhSRd0PSTOw6",
    "InP0axbIeW0CgYAhR05bT52//6U4jkFhENR3BQV7g1FYDhnTJKdgorwW2tcjErRpeoPzjX7RePYkajLX5Vb8o3kpen",
    "6ReCbZGMXuvgWlFO7BqfDg5QYcW4OCbMm7XWhi+6fHIwiZk3+AsOMWwNnvtdB4jMeQFoe9c5AgJYO0EnVjtudLDsI7",
    "0Gf1xQKBgQDhmQl4m13VFK4z7yXB4fPlv2NFYxBEp1ETaokHpCsiHhzcosJXT0WuRqeKR5qy2TBY8xMQ8/CBdpexmd",
    "eAKWmOGb5vMPZXyxvdpFXAeeZbG2VYytVIIoZ0HqpHvGAn5bQfS+vBvMuuETdR/P7Ml7VnjNbpp6nc8ASzeJnMYIkP",
    "OA==",
  ],
  second: [
    "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCwGT8kE5ATXIf8rxjb4QsblaWhI7ZVgQlqn3Lp4/",
    "VBO5mhmhdbWar566OZSBTAMDt0N8QujMml86sWVk2izDRSaMO/9PSpxRQE9Hp1KZLHQlSYgIIVPXm3pBp6jWOB0qKi",
    "25F9K+JuoGrt4G3pwJJzwfV5K8nVSLyZBDvgm91AXmlOa+NBTAP1EgDkp5JyaxRzC/y6VO7aOBbAhqX+CnOUvSmmdp",
    "YrNWRVvQ4nl9zrIJ069LXCQkiUF5RjhY4+Ei6Al+iNARTGg9JqmOqOIX1qMnuhwYES+eA1rsXG9CQFUuihMIiGtriC",
    "Xy+yobpUD4BvlNETyov0y6HvmnMm0VvrAgMBAAECggEACz4RYeQ91n6Zz+/9zkvXwbMUF+2Hvn22dDApzfTXu4pqjH",
    "6h7xsSZ1I755VKfdqWcRz+UVp7pTShP5PS8QnIbVpy5NZmqFAEryxMhR5aWI5LiFDr/R8nninD5v8P00H3UB5kc3FR",
    "y25CZV1mpv28W9eOLGY3RH6YS8yRZg2NWoaRThI95vGSFsseFK/GqNeqXmDWqd7HkgnmJQIz/U5vNa+aXwUfTqc4zD",
    "egHnUm6GFdwsj6fuGXazJfhdpXvj2xry+cg/Wnz42+ODivLIChThvobysiqSa3yEf9MZFntJ/FLpGBaYHrRbtfVpoh",
    "/1fJNvb4niKIW5bsjWD7dELzwQKBgQDmySlnGB766pNk/bW+3mq5wYjSdr5Z7Mdeyw7w14fRnC7kG6LYDHdbPlgpia",
    "LxH7yp8WJwRIAKuMivdaMR/tbnfBlGb0pF0f22bwfusns6IKNe2FPnSOlyn/WKPd1Svxn5Ra4Otxi9NGBCA120EwpL",
    "FIJ2iJZhr+1o2CvV1uU9PQKBgQDDVoqve+5RdloWxkfFWGMIlG/ESSEEes+qz0RAMZ6/FnylkLte7eJKeMaGQ5G3kh",
    "qkOfwqlAZiRmU+fa3Ep6X9S+FIUnIMzQZ9g7W7axSH5GgK+ih4u0uZNcx6GBqnyez0Wpxrbn7aCoesdmVFy+yzOsEf",
    "+5efXtrJtyeWoMjgRwKBgGvzRmGJv9wAY4eGwT+Ri/xtkZFYp7sqbSti8g8n0cjzNF/QqYBDfIT6iYSMc+IzxSz80t",
    "3OvNHHE2A3N1rQiDdpLe1rWyODkRiHoP8/DzLmV2Si7cQur7vFJLZQL7ln2D9oH32UmYbO/AOEzYzQpyztYAUP6L+y",
    "6erzyrVQupPFAoGAdF4f7H7F8J2y+ZJRu0z2YmwbUTHHi6WmBTnIjP2Cdo/s3a0lEl5gysC8c8vZCSTu3hr1EGBylS",
    "Uet2WjmV3OUuFbafxDmUCity85mlcmOfZlzPROG+5oEPOtxqaJap+um7tHJ/EBfN99B87YcgYUEonT9zuojfayHC0S",
    "Vneec40CgYAXs8dIbKa02KBDIATfllXB4QtVSXvQTNkNvCiGbRVHdBcfAGle7MP76pl+NIutQ0tGvMX1AS2mJRx8RL",
    "YBh+HcFvI2zz/jPA6+LgTuweO9iGOlazwp78sgKh9nMpDihV6pzeUSVQRXNslEPiBfzfi52i50xN5YTwKJZ/QB9nRw",
    "4g==",
  ],
  third: [
    "MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQCyy/ZdSsnm4aOscLpnkXOkiR9Gh/c8Klb/4myoNd",
    "0DXjMAPlhQHALMlFMPDCgCoxUW71/OPqqaCKwb5g8Vvx96wLbmaiyQDJvYGggSxsJZBj82nJzdENND7zvildtUlRSn",
    "M1LFor8TiIu/CWzdxplRHd/s77lZHX/jgR+ynEIp2LdZHTF6QPov/zDK8drBaSg5naNKBsmyIDlntIi3KgtybVVNt3",
    "94DcMu2lNKqPK5TF56FVHyIy3Wbfl7ols5s/2qMQa/6gM8nU/fWatOLitDtbbrOnE2FR5y5bn61qWIMFUfhrEjdT/3",
    "GCPcVh1iyqfHCTW3lCITkJPiGqAbDXChAgMBAAECggEAAdKKZFEK1cue+3b6r2uQHjE3nGRuZLKZyGnqaZyC8DHZmz",
    "sHc2mVrbglUJXzInO/F0jBVTzWSFOmTXJ+3N3h2EJ2msqiQaWfQQii5G4aNQYXRts5zhcJ0Dt0BM86ORZ762heg50x",
    "DWXq5ruV3HzVuznuul+HKB1g3FTIme11zy9d73eKElVRF0s3+kAvyrgps9YYrsxm7UUzKkFGVG/Tl7919hm8tSFFwl",
    "ItoTYgEa4Btg5cGijM3AL1dzL6a6EucVs6Xdx9UrS8tR1poTMI2hScgzcsBzYks08ZMUUW7VOs1+84z3tyVFK8naa7",
    "Ma8K4dYqkEU5j5vxXRgQb+OVAQKBgQDmaQyMlFCLyL+fcB+jEonjXNR4jbsvq957LuU7o4DYZa9dVGqpgc61jDRk/8",
    "AvMPbn13lJVJS6PpbqWnaIu6bvy+PTqit33P+aJIID3IGhGpXqZfBlFq25K6vcQQg8VWRvdX7n3sjFUJV0zGcC6Kz7",
    "8AN9ghUoWesXuVUTwiV+eQKBgQDGp3Ox+hoKh1I+A2GH0J0w70IR3ZqnLhCFtleCEtWkpmXvtfdywV4jQJB9FuIkLq",
    "DPhXTiF9hojS3eyBdF/vhU8Zbi9HVGsyNMx9OJUTpRA8XlHSuts0QsAMnFDsaruLKJ1nXfOdg9a9mzgyd/fduJx0qM",
    "Wl4U/5XIaJuSfzjZaQKBgQCEgufntai5K8Qg8wAO7iuFKi88Ae8klIjIeYj2iqsgSSLY3yLUx8XVHYRIjdm+ij+FyK",
    "OFa/J5RmPO9iXzr1Br2uv1IIoNTnll8hcgF2IqADs16lieGrPgqeAWNQSChm3TuFQ7ECKRcC30VVXtE1nhLwEi3nxC",
    "j6woIbtvOJoNqQKBgQDE/8Q05/+xFzcQtkue4tsvbuVHUEqQpZbO8t9e54ykRjtqdzqXu3i+XsWqtum11eO1R/R8Tg",
    "dWz0KA3k5uJIZhvl7SXHh8jyNfff6h+0JomuRB7Canj9H4DSQKXjfYjUXIeTvVDckKSAzQ/yxJOydeP5sHCoqoKjmA",
    "T3SP18gpmQKBgQDI+j7IyP8+J+MO2ATAaQ+PjeEXSO3S9VyOZa+DNmzYS9Sjv7hxcHpYKSLT/dpWuPLbplCSbsa0RU",
    "yifxX2OgYre29UD1qfPDx7XjnpKCe3v8F2PE+2qDm75agidJzKBckZCSsmOwth7Wu3y3u5l/qbhXKeEGjTh4ERGapQ",
    "W9MiCQ==",
  ],
  rsa2048: [
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDiYzsvBCpVD0LOT6ybLb4RWTJAJ1TRXwuAJJ7ART",
    "vpoVRG3PCmoU4y3fO3wVdJ3QJUfBI2GqQ+Mdr5371otkUo/tD3hf9Q3sk3b5SAkYLM/lrYThPuNE+bQVL3uO2HQEb9",
    "SYQAXba4cDfvUw59IZgR9lxQUcytEEv4ZZiPSMs9Hy1qgabx07S+PahJZr+70nVqz1eC4SghczuT2DmD+Plbmg+Ktr",
    "fBe/7u5/o1uiByzvlcGTX5gf/74tsoCjVLVQr13/OXAvciGP0rX6a0vl5OeOTdanT9BEDXySZTIeATN+odb+VTI5z7",
    "m8F1q0+MVi/dDbyNBomwQvV2xz5AzchTAgMBAAECggEAJ1k2DTr9HKG1a+SfTK2LrrpBKLNtY6LQfepfiW2/NyFqY5",
    "K9ZUj+LYs0dEjvog/++q5CABNrXsANnobMBipAJRr9OTiaIvVGJhOHzTz9biH7qkMP5cRD3elhwVrsNiju7dFcVy/y",
    "tWYT4s4d45P2OZEHhJJjL+V4Pulxtd3iLXIs/jdr6+GpE8vpMmYlcS2t41GSzrh0Mxf+nCdGWpgylvaCe53UXG9Fhk",
    "gi+MnYHbt50N+pvf7NvUEK3mWIHS4SEM1d1SVfElqCAVbp70yD1jl5DVUGXdbSvsTVdtmpT4Y8N9XC9vA2mBDIPCrW",
    "35lr9ai0gGiC6BUy/jCO+7ob2QKBgQD/bC18a3ZA64yJ4Fr24nMgH42PcfO36S1b1kJ9WvVs4rmXtxg5IKiHA6Mvor",
    "wjNVXJpyBvHsxlEa5UxeHAW45A83B5N9De02GfSGXej3LF8FR8ETQI+UQHMB+abWYTi9O5nWJ07FfEoCeB7VHOmYQ3",
    "hf4aQHrhb2CYQTpNs6bKbQKBgQDi5j/7QWbv9V6Mxcm8xfmGZkKcNoU6j/YwMZkBObMWjFCDSRVFBY/vcfZaDJR5+s",
    "1zevS3tvDxMNhyWW3d/GzX1XScOn3CdqOr61w71iHV7ffWYn5j3BSIuiryI2BqoOMPcIYEFYyXeAhMotJ6zaRKY/I2",
    "SXdg8/QpZeym66clvwKBgDEpWx/ldx9LtwMaoad/MnVuXUrMvgIZ6VcRyD5kcXSBtwMShKEKPiWud4xFoDyOmXJ0rn",
    "N01BZn7sv2QltJw/mQYYeTTKp2uQV1Y9YQeiDK/xfaH8/SWluf0ZVhlRISCbBiMH8ctk/sG26QhPxk4+Pj8GKRIpWd",
    "YFQtydEG0QWJAoGBAKI60oBJENp8669nM4ifXHt13iZm7PckO3fV3nn70UpL5L0ZofWJtpITP3q/B+H3KrJotVQtnz",
    "Q0Im4P9vgDJadkXU3enFBQF1Iyo+28etDEprFIFuo7Tws7YL1kAen7Qp2lbIy7A5zBG93/hNJ8+fyeXW3nNU3C305C",
    "K+RlFUttAoGBAM/Qx1LSiBBiyAYcXiEzh1Oexq5ddfUPF33G/1EegbQjsRoVPPZAZNTpj4JofdbCCul2IyheOyWgLw",
    "wDxz2skO/Z2ecUZS+ofvBmWMsK1sxislZB8um0k80j+qD5qXj7ysyRCPgfV/jXwFVpfkQpKtV7KrSWdUPdSw8fo+nF",
    "+zts",
  ],
  rsa3072: [
    "MIIG/gIBADANBgkqhkiG9w0BAQEFAASCBugwggbkAgEAAoIBgQCnZO066cDI12rflReUq1P7P4I05oU1sXvkDfGgS7",
    "cMDKCsYg6AybxEFCRQEmBfP2wqcI7j/J82MPVCK0ACX9fFblGKrSFxVGIdtrbXTeBKjkRZRcSMELr1HQjj2Q0yEeGX",
    "41z28vgjd/RzpUTMoNWjTESobJnq+LMDS5Q3q62nTUPLy7VVTztVU/QQ8NmE1C+nFkqL4BocaTklsUQX2xesGlKMD6",
    "9zeE8Gb3Te7jrLGCkWoN9ACmiyxUQaepICrlk6TtunkRluY0O4vYH7Qapyn2zkXcbjhNdPm3vz0azy/2UcEdziJ5i9",
    "4TvI2Eg2YW7Ovzll8tpZkKbb9UHfIvXnPnBjQ5yUAmq6kF9/dJRGAeaZuTJ8SFdUwhx7joNuLSfiPPGb3hZ3PRhUUN",
    "91buKFC2AkPMKr6qpvdgeKQVY3IkkkF1NKLHZr6kkAM7cqhIRJo5kHYd9tAJCIQdVoZ8ixspNl3ltzmsAQ8LWSJQvT",
    "wAxjVEkPCxv2BHyz1gIkoWUCAwEAAQKCAYA5Rx6prvyJfLSUJrb35xwId7W9Fjf0pHOJGIBaYi4TUGrWMYNW7DCgdu",
    "fqAi+5x8DiULuEJZfw+hWh+5yec18orlP2iMFNvxsHodK0n3Ak8sNObMIRT1Q5tSKqnEWYoWe5ClJwKblgoZYi0CVX",
    "g502kE1Z+Dc+oLTYZs8jsXntKlINdPnqY/8gdmaoOVGk0tovaUA+1oL4v8SPMjXjl9Nkz2j5hhB6CWu4/wBVm9zAS9",
    "cbaBacGjOzIC7qhJBbnH5b3ulL7T+d12xNuXGTYGjnzkJcS9hPdkxPDIeOn98D1iqJ+7+Ub7uj6dPizRorWsgDD3T+",
    "T3AjhX3aBoeJslzbkiQppwXStEK6zgNPiwrBlGHpFEKDKTT0sRMln5wQMqXXm5QkTKMSylKxRUBHvdDy4Z9E7JaHWE",
    "49fmGpnT0jjMoF8L4AlLRSaeE/I1pzXo/pJ/qcNahHFZ3m/hqXJW0HOh3cMev3Sb/5T0mFs+xXAHeDYVA5YTrP71qD",
    "+n0ZJs0CgcEAxv5TBGaziWQEQsYof6Va2GamPNfb3IJWJxdDhdUcXZWwigkE7B1zPsrS+KjyXec3nQBSMaei3rDJbx",
    "awJ07JI3wajpia5vNkeS5ivNKST8fRId/+5o/KW57boPnThjwLj15Yw9KQ+l+tj5IFvzzXEepdxzMFxCSWrDJi3aZy",
    "Ukp4YHFsAgwfRHkWWldAiySiS12u/nQlzoJHFhkRDIa7axoFXNzE5vF99T+JmiVmOBUuPtDFS6VBtmcZGcTL+k9nAo",
    "HBANdZMko1DeCf1S2AW+HZ1swyys2sJ3h/wA43XLUXRUEAj68nLjG05GVfrbNZQS2AyXSr31GPH9aX7fX99ND6oOMk",
    "KRsZ/0sQcktIgYI1k6HT/IrJDYIcmQGzANlFUQIn5/qta6ZpWAlVCb0WDLe8S0GZvchEwKl05H35dh7bFZENOT65jP",
    "2BH/3ObGOS8zrBWRMzF5fi0UC5kcf15yDwYZ6wssSMRvS1UmADSalTuVjOoK553IZdGCqENkb1voUlUwKBwFPUpnKP",
    "NYlmuijLRBpqNbg+nj+5jCT8P4EeWtLRsa53NjUgkZNK4NcOKQyaV+hZVONuVDIY9hMslN+YxkL4/OFXEfUKsw8icC",
    "xg7zWu2/aCLkdADylgYBZy+QF63bKKLzCJxYlRdsQTdJGsKYGkBtLEUhduFjrIUzVd0KqhyT2Do+y1O5QtOSrmfBU4",
    "9rbnivuHDwahNaAm3/2eN8F4LRJ0ltfFJapJCBA+YSCwKrzrp1zNJKC2kNVf34IsluXvdwKBwQCD8udZiMCEDes1Ah",
    "1KeYufes/AzecxcjVfgJSRcTzB43ImxD8NveTkKIfqCJpjIzJNBrLC6ot7lYP84iqLkcXa52E4delzORSPBFI2UlWv",
    "JpDrCN36B0PJQsEWX96PD5yYgIIhaRLERRK+hTAttHX4MBeVCmtyaWlHtv6lUWAZjJyyzkaRXfkYLs9DA9t8+NN3bC",
    "rcqeHFYu7sMsP37tIhxesDe2BOuHtM0TblRaOfwpu5zHlO6uPPyUrol9KxCnkCgcEAmDigU+OSNWeDoGXesJK1ZRtL",
    "uiOfLTSAdMmJPW9NeZ9nKcvTQMqnvkU0OHGmtlgp8eXIAR2dhHK/1IVPJdmuo7vWeeEOMpdsIc/NVpoLyOAYEvS2eB",
    "zmCvBRVhBOX1SMOuL0TVBsX3SyAgjhU/fGmbHSYGDkWRqV3kH5rUAhmU7HP6vA3auj9oDOieRgknOL5v+e3O3KiZ3+",
    "C3ZSx5NgZDmJtAzPNRZNK7YBqr66aGPQBo9aGGc4AdsrGdp1FUu3",
  ],
  rsa4096: [
    "MIIJQwIBADANBgkqhkiG9w0BAQEFAASCCS0wggkpAgEAAoICAQDJ5Uw1JKVZLCICEPlEtIxP6lW85uI4hwReu3RA/z",
    "x3sPAXUWoD4rpG9CL3Y2ta0+wIYXuDz2pZT8Ozr7DyNaXulR8TAxHOuSPbO+oCX4mEnO4iwtII6Zit2K1Ps7Rn+R+W",
    "l93lpILW6lhKChScE9rSNzu4HCPNLzigrNG1kpfQ5Zk8lrSb73owZzcBFNOja7jUTn6prq8CqVZ1i2FvjG7BcJk6iK",
    "L3pV6IccU90iO97PaxJhs7hynDPPsh/leGE77j3cv5A2Vu4CDStzrCRkoh271+QQNR2g/yQXzIUWWtVxJlcQnvE4Fp",
    "CUV/BbCowdM0qEjjZ16dC9X5Hz60LYwq8vNPZ/QC07CQaiXo/7RN4jFOcc0A3d1i8yFOUp14rZMJfF4wZs3ZVTVz+H",
    "/BqWWpBj+DfGSpuWQWw2+POU5SP5xp99DcKR0+FuEDqXUQgYymT6Abh9rnsUKqRsvMaIVEijtUGmY52m3y1tf8VHmI",
    "jTb4ggwjh4U2A7pftIud8h6NGzygU+LiigBSbmfnN8ccxHrsgfVu7GHkCgq1gctyb35uOpg7xIs8Z+RbcAWo0NdJNi",
    "EWEQ3EiHahvheJSsLpPGbZNmj6uHyu5cheK+jvck3lyxTFU/jZV6Km/QcS94+0OnQogEZc6wFCvQgQXvTtUkbUgtWI",
    "+GB5R5IkDjB+ZQIDAQABAoICAQCnq3lFrUBwtRktNCF/sJ3ShJ9duTVokqDLd8xNamsyT8yk4OU1gucGpBwh7fwrO1",
    "KLh0HHrsr4jyjNInzGOk2qvUdIR8VTNCiWGsT14ZfYfWe7kKZT5oP45LjSN0D9FETqkQckfyJ2D7rxCjwhfs+8w0gi",
    "V6RX8/6IWd3zeGICh5tiWRp3YkPMzPs+N6in0H94OhQxITSQ9kcqaW2q8SrOFY/7r5wAJONEV4/iDpHGWnRpnGcDYf",
    "YKAaviiFLxs5ZVsU6DaBGmKha4SJlQ3IUWZ2KQ5rc2E+4oV8CksAzMD0Lk4iLI3R8dNyjzG6uiCw43bgbSbHeD3199",
    "fDhb9HOxgSuKtt77PMY7K57nyByWozT8ETZ1WKG2bjvgyATZdlAV3Yab/OLHBC/7a2pC+F0/352B4v0+iuUTs2sU1U",
    "2GtCYuCAdbvhbXlAN7XClIO1PweJAlfBujpz8f/NxKaNg4aaXHzRpERVSgP5+rbJ8o9RQ6/0RYmmkWJaGm4Jqn4HOs",
    "GQbQNbK831SDhjYeub/q+bndZ36t1tWufSmeqEWlQ5F+o0HDqluaiRWFGxvtgm2ELWFuf36OvKEeCzW/XQ0rx0xDth",
    "pg3UzcmjZwZTGAOx+jxb2/GnA+p3k48pFSIefRSIACG8LRRShNlf1OEqcMoKlQAMtD0ZOw9ir24IcZgQKCAQEA1bq0",
    "Uh2jWd+74BqHNRN4OACDgTpfD0YSKf4PIqSLtV/iU2TPTImzDfuS/zaSsTv6vKGQp65Wc86mgjTMc6e8skOZYLsnMr",
    "8HBnCEmH1GMGHnpaJo+HuE0fAZbBJj1kMqhqL1bWL9UVI7XtDjlQqXzsoS6L7Pg+zCxYCsHKyB+hPfOb779okZlEch",
    "tKH08Gq+pjuTzxunT0fA0X6EOL/O4btAKWU7bGoIjqMFXhj1ysmY/rGtT24u4V0+donI7SyMMKEPMS06qNfz/n7hiV",
    "D/gLVXREqDxUUS1k51GdoF48deuo7leYCma7kcxBtF7rFrk6WbOhAgCX6TyPE8YXwWxQKCAQEA8dNyd92POQNEQjO9",
    "wolSoS9hYIiXkSOSA8Z+J35c8QFpgC9iDhqbtj0+YmXGR5JgPzc049CPJbbb7kiS72g5eh1bPYlstYWsupXWCCe46T",
    "tb0Q0Su3fAcMkVsSrG3g7AdFQ0MtoOHj+0m6EXMboRRIvRUJaa+RDTUHniPeixXMxs2KYGjbLgfcuTwpp8ZPPXjSOY",
    "TZLSCMmRqTJ0UiBoQBukr+eJuZOX489J1BPW3iJj+PbqDqX+kuq8H494YPPcg77tNyIG1QsTNlR553MAxljv4isL4m",
    "Z2d1uiR5hwbxe/b6S3hTMHI7+C78W6PpH0upvIiPbBswD8AHTKSgxDIQKCAQBM8QbDXQoWa7Xt6n7sO5MWzhCJcCMS",
    "k44scdqvBP+KjvciQHNkQVolWYDEwbezeD0+tQcnZlqXHDjTPQCxThxfLHjF2vo0iZKU3eLOJqMi/cvv0/ToJ0dccI",
    "wmXMR2OP3RNE8YTv+Uy/61loundwXJmvONuEtqWcyQX08Wj3/HMGo3FqsMSLTdrXHT3k4YUsVJgL8oWvMzVkhy4pHl",
    "ACARIWDqxhfLYqyr9MIU6vVpSIP8hKg4pRjZZsD62YVs5JGfXAvlDzxD1mJvJuw4i+E/S4kb+5tOZBxw7BO598QRCQ",
    "/wJ0szH35J330cmBjn4hUxNPgZwf5WjKvVNgsfqRVlAoIBADVCnrlroLmr0ILMJoUL/ZjmeInsS4V50hTmyK4mFI44",
    "A2ZqCSyWC6ltf6noRG1K/cuuewWZz4084t9uOH5l9BLDGG9LLxgjotFNYuBU71Le8e/u8ys6yrWMdCybAUWy9gwo53",
    "4zrFxZJ4wHRLZ9BoSUTrtzEBq+6+uTjJKaB0Yq9+YXWuYmeW77QUXhBHivg8/gARFEvuGUk3IyXJAh9xP3gqQDWL/4",
    "k8FmzBnbbL1r0ZzptM8ZHCJ7dId278paqzyQ9mnoIp0VXVvf6yFgoNEOkXa8iFeKvZi4I9uk5U5yaoVKP+kkPfRPn6",
    "TzZXuWZdIbsWUJA8xK8TWgg1UfskECggEBAMH881Isjvg2Bd7y0UQtGYb7p8+TyBXSmRBJ6iEoLxYEBxkaSK4KRK6X",
    "hKvdIR7MTgZ9jY6xJfd3WeST/Fv6ly65yP/rRTc/6UFnrTWdYQkj4wfHM3mXBf9fYKwCrheI21DVHB11AblMDLpEw9",
    "Hz6HA6E+RxmjYKDwKmSSuMc03LvBH861VRHrnAMpZx9T9d9LAiVVfk5BSqFwaJIpWVRJZiOoMRTjoZ9eabyRkcbZMi",
    "8m3V6CIBpCdTjgk+F95EcLHMvwGwLLcdfG5apzqHLdWwn8x6Dk8ihU94rLO6VQKWP0t04uP766WasFAO3haASuOAaD",
    "zCUL8Qj2yZow81/v8=",
  ],
} as const;

export type TestKey = keyof typeof KEYS;

/** One of the keys. */
export function testKey(name: TestKey): KeyObject {
  const key = Buffer.from(KEYS[name].join(""), "base64");
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

/** @returns RSA keys of 2048 bits, each time another one; a new one when those that there are have an end */
export function createTestKeys(): () => KeyObject {
  const left: TestKey[] = ["first", "second", "third"];
  return () => {
    const name = left.shift();
    if (name !== undefined) return testKey(name);
    return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  };
}

/** PKCS #8 in PEM. */
export function testKeyPem(name: TestKey): string {
  return testKey(name).export({ type: "pkcs8", format: "pem" }).toString();
}
