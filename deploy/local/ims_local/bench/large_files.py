"""Files of each format, as large as asked, to measure readers with: invented, the same every time, and right to the penny."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from ims_ingest.domain.cards import passes_luhn
from ims_local.day.generated import pounds

type Write = Callable[[int], Iterator[str]]
PIECE_ROWS = 2_000
ADYEN = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,"
    "Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),"
    "Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number,Reserved4,"
    "Reserved5,Reserved6,Reserved7,Reserved8,Reserved9,Reserved10\n"
)
STRIPE = (
    "automatic_payout_id,automatic_payout_effective_at,balance_transaction_id,created,available_on,currency,gross,fee,net,"
    "reporting_category,source_id,charge_id,payment_intent_id,description,payment_metadata[govuk_pay_transaction_external_id]\n"
)


class Kind(NamedTuple):
    """A kind of file: what it is called, the format that must claim it, how fast it has to be read, and how it is written."""

    name: str
    format: str
    rows_per_second_min: int
    write: Write

    def write_to(self, stream: BinaryIO, rows: int) -> None:
        """Write a file of so many rows."""
        for piece in self.write(rows):
            stream.write(piece.encode())


def pence(row: int) -> int:
    """What the row is of: from 5 pounds to 250, never so many alike that it helps."""
    return 500 + row * 7919 % 24_500


def sum_pence(rows: int) -> int:
    return sum(map(pence, range(rows)))


def reference(row: int) -> str:
    """Nine digits, as a council tax account has."""
    return f"77{row * 37 % 10_000_000:07d}"


def payer(row: int) -> str:
    return f"PAYER {row * 31 % 99_991:05d}"


def pieces(rows: int, write_row: Callable[[int], str]) -> Iterator[str]:
    """The rows, some thousands at once."""
    for start in range(0, rows, PIECE_ROWS):
        yield "".join(map(write_row, range(start, min(start + PIECE_ROWS, rows))))


def allpay(rows: int) -> Iterator[str]:
    yield from pieces(rows, lambda row: f" 335   {reference(row):16}{pounds(pence(row)):>9}{'TPZ'[row % 3]}17/03/2026\n")
    yield f"\nTotal Amount Updated onto System:{pounds(sum_pence(rows)):>18}\nTotal Transactions updated onto System:{rows:>18}\n"


def paypoint(rows: int) -> Iterator[str]:
    def line(row: int) -> str:
        body = f"982612{reference(row):0>12}"
        card = next(body + digit for digit in "0123456789" if passes_luhn(body + digit))
        return f"D,{card},{pence(row)},20260318181530,Shop {row % 900},PP{row:09d},S,\n"

    yield "H,ANYTOWN,417,20260318\n"
    yield from pieces(rows, line)
    yield f"T,{rows},{sum_pence(rows)}\n"


def dwp(rows: int) -> Iterator[str]:
    yield "CreditorRef,Scheme,Benefit,NINO,Surname,CustomerReference,Initials,OfficeCode,PeriodFrom,PeriodTo,PaymentDate,Amount,Sign\n"
    yield from pieces(
        rows, lambda row: f"00123,CTX,UC,QQ{row % 10**6:06d}C,{payer(row)},{reference(row)},A,100,,,18/03/2026,{pence(row)},+\n"
    )


def standard_18(rows: int) -> Iterator[str]:
    account, total = "20201555555555", sum_pence(rows)
    yield "VOL1260318                               123456                                1\n"
    yield "HDR1A123456S  112345626031800010001       26075 26106 000000                    \n"
    yield "HDR2F0200000100                                   00                            \n"
    yield "UHL1 26076999999    000000001 DAILY  001                                        \n"
    end = f"{'ANYTOWN COUNCIL':18}"
    yield from pieces(
        rows, lambda row: f"089999{row % 10**8:08d}017{account}    {pence(row):011d}{end}{reference(row):18}{payer(row):18}\n"
    )
    yield f"{account}099{account}    {total:011d}{end}{'CONTRA':18}{end}\n"
    yield f"UTL1{total:013d}{total:013d}{rows:07d}{1:07d}        {0:07d}\n"


def bankline(rows: int) -> Iterator[str]:
    total, own, end = sum_pence(rows), "20201555555555", f"{'':18} 26077"
    yield "VOL1BURQ66                           ****830000                                3\n"
    yield "HDR1 A606005Z0001                      F     01 26078              260780       \n"
    yield "UHL1 26078202015    00000000         000              ANYTOWN                   \n"
    yield from pieces(
        rows, lambda row: f"{own}099{row % 10**6:06d}{row % 10**8:08d}0000{pence(row):011d}{payer(row):18}{reference(row):18}{end}\n"
    )
    balance = f"{1_000_000 + total:015d}C"
    yield f"{own}0Y1{'':19}{balance * 4} 26077\nUTL1{0:013d}{total:013d}{0:07d}{rows:07d}{1:07d}\n"


def barclays(rows: int) -> Iterator[str]:
    yield "Number,Date,Account,Amount,Subcategory,Memo\n"
    yield from pieces(
        rows,
        lambda row: f" ,18/03/2026,20-20-15 55555555,{pounds(pence(row))},Counter Credit,{payer(row)}\t{reference(row)} BGC\n",
    )


def lloyds(rows: int) -> Iterator[str]:
    balance_pence = 1_000_000

    def line(row: int) -> str:
        nonlocal balance_pence
        balance_pence += pence(row)
        texts = f"FPI,'20-20-15,55555555,{payer(row)} {reference(row)}"
        return f"18/03/2026,{texts},,{pounds(pence(row))},{pounds(balance_pence)}\n"

    yield "Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description,Debit Amount,Credit Amount,Balance\n"
    yield from pieces(rows, line)


def any_banks(rows: int) -> Iterator[str]:
    yield "Booking Date,Amount,Currency,Payee,Reference,Details\n"
    yield from pieces(rows, lambda row: f"2026-03-18,{pounds(pence(row))},GBP,{payer(row)},{reference(row)},Bank transfer\n")


def stripe(rows: int) -> Iterator[str]:
    def line(row: int) -> str:
        money = f"{pounds(pence(row))},0.20,{pounds(pence(row) - 20)}"
        return f"po_1,2026-03-18,txn_{row},2026-03-16 10:00:00,2026-03-18,gbp,{money},charge,ch_{row},ch_{row},pi_{row},Tax,pay{row}\n"

    yield STRIPE
    yield from pieces(rows, line)


def adyen(rows: int) -> Iterator[str]:
    def line(row: int) -> str:
        psp, amount = f"A{row:015d}", f"{pounds(pence(row))},1,GBP,,{pounds(pence(row) - 20)},,0.05,0.05,0.10"
        who = f"Anytown,AnytownCouncil,{psp},{reference(row)},visa,2026-03-16 10:00:00,GMT,Settled,M{row:015d}"
        return f"{who},GBP,,{amount},visadebit,,77,,,,,,,\n"

    yield ADYEN
    yield from pieces(rows, line)
    paid = '2026-03-17 23:59:59,GMT,MerchantPayout,"TX77XT batch 77, AnytownCouncil"'
    yield f"Anytown,AnytownCouncil,,,,{paid},,,,,GBP,{pounds(sum_pence(rows) - 20 * rows)},,,,,,,,77,,,,,,,\n"


def bai2(rows: int) -> Iterator[str]:
    total = sum_pence(rows)
    yield "01,BUKBGB22,ANYTOWN,260319,0510,52,,,2/\n02,ANYTOWN,BUKBGB22,1,260318,2359,GBP,2/\n"
    yield f"03,20201555555555,GBP,010,1000000,,,015,{1_000_000 + total},,/\n"
    yield from pieces(
        rows, lambda row: f"16,191,{pence(row)},V,260318,,BC{row:010d},FPS{row:07d}/\n88,{payer(row)} {reference(row)}\n"
    )
    counted, records = 2 * total + 2_000_000, 2 * rows + 2
    yield f"49,{counted},{records}/\n98,{counted},1,{records + 2}/\n99,{counted},1,{records + 4}/\n"


def mt940(rows: int) -> Iterator[str]:
    def line(row: int) -> str:
        amount = pounds(pence(row)).replace(".", ",")
        return f":61:2603180318C{amount}NTRFFPS{row:07d}//BC{row:010d}\n:86:{payer(row)} {reference(row)}\n"

    yield ":20:STM20260318\n:25:20201555555555\n:28C:00052/001\n:60F:C260317GBP10000,00\n"
    yield from pieces(rows, line)
    yield f":62F:C260318GBP{pounds(1_000_000 + sum_pence(rows)).replace('.', ',')}\n-\n"


def camt053(rows: int) -> Iterator[str]:
    def balance(kind: str, amount_pence: int) -> str:
        amount = f'<Amt Ccy="GBP">{pounds(amount_pence)}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-18</Dt></Dt>'
        return f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{amount}</Bal>\n"

    yield '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>\n'
    yield "<GrpHdr><MsgId>STM2026031800012</MsgId><CreDtTm>2026-03-19T05:10:00Z</CreDtTm></GrpHdr><Stmt><Id>S52</Id>\n"
    yield "<Acct><Id><IBAN>GB33BUKB20201555555555</IBAN></Id><Ccy>GBP</Ccy></Acct>\n"
    yield balance("OPBD", 1_000_000) + balance("CLBD", 1_000_000 + sum_pence(rows))
    yield from pieces(rows, camt_entry)
    yield "</Stmt></BkToCstmrStmt></Document>\n"


def camt_entry(row: int) -> str:
    """As much as the sample day's entries say."""
    amount = f'<Amt Ccy="GBP">{pounds(pence(row))}</Amt>'
    return (
        f"      <Ntry><NtryRef>{row}</NtryRef>{amount}<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>2026-03-18</Dt></BookgDt><ValDt><Dt>2026-03-18</Dt></ValDt><AcctSvcrRef>BC{row:010d}</AcctSvcrRef>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RRCT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>FPS{row:07d}</EndToEndId></Refs>{amount}<CdtDbtInd>CRDT</CdtDbtInd>"
        f"<RltdPties><Dbtr><Pty><Nm>{payer(row)}</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>{reference(row)}</Ustrd></RmtInf>"
        "</TxDtls></NtryDtls></Ntry>\n"
    )


def ofx(rows: int) -> Iterator[str]:
    def line(row: int) -> str:
        money = f"<TRNTYPE>CREDIT<DTPOSTED>20260318120000<TRNAMT>{pounds(pence(row))}<FITID>F{row}"
        return f"<STMTTRN>{money}<NAME>{payer(row)}<MEMO>{reference(row)}</STMTTRN>\n"

    yield "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nCHARSET:1252\n\n<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>\n"
    yield "<DTSERVER>20260319<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>0\n"
    yield "<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>GBP\n<BANKACCTFROM><BANKID>202015<ACCTID>55555555<ACCTTYPE>CHECKING"
    yield "</BANKACCTFROM>\n<BANKTRANLIST><DTSTART>20260317<DTEND>20260318\n"
    yield from pieces(rows, line)
    yield "</BANKTRANLIST>\n<LEDGERBAL><BALAMT>1298.20<DTASOF>20260318170000</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"


LINES, MESSAGES = 60_000, 20_000
KINDS = (
    Kind("AllPay", "allpay", LINES, allpay),
    Kind("Standard 18", "bacs_std18", LINES, standard_18),
    Kind("Bankline Direct", "bankline_direct", LINES, bankline),
    Kind("BAI2", "bai2", LINES, bai2),
    Kind("PayPoint CSV", "paypoint", LINES, paypoint),
    Kind("DWP CSV", "dwp", LINES, dwp),
    Kind("Barclays CSV", "barclays_csv", LINES, barclays),
    Kind("Lloyds CSV", "lloyds_csv", LINES, lloyds),
    Kind("any bank's CSV", "statement_csv", LINES, any_banks),
    Kind("Stripe", "stripe_payout", LINES, stripe),
    Kind("Adyen", "adyen_settlement", LINES, adyen),
    Kind("MT940", "mt940", MESSAGES, mt940),
    Kind("camt.053", "camt053", MESSAGES, camt053),
    Kind("OFX", "ofx", MESSAGES, ofx),
)
