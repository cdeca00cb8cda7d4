"""Answers of every known shape about one synthetic person, as text; the replay server sends them to our client."""

from __future__ import annotations

from motcua.population.conformance.readings import DANCU, QLDC, SOAP

NUMBER, OLD_NUMBER = "999185000017", "999000017"
NAME, BORN = "Đặng Thị Mẫu Thử", "1985-03-07"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"


def soap(
    body: str, *, prefix: str = "soapenv", namespace: str = SOAP, declaration: str = DECLARATION
) -> bytes:
    """Return an envelope around a body, UTF-8."""
    return (
        f'{declaration}<{prefix}:Envelope xmlns:{prefix}="{namespace}"><{prefix}:Header/>'
        f"<{prefix}:Body>{body}</{prefix}:Body></{prefix}:Envelope>"
    ).encode()


def collection(*citizens: str, attributes: str = "", prefix: str = "ns1", namespace: str = DANCU) -> str:
    """Return the answer of 037 around citizens written with ns1; another prefix replaces it throughout."""
    text = f'<ns1:CongdanCollection xmlns:ns1="{namespace}"{attributes}>{"".join(citizens)}</ns1:CongdanCollection>'
    if not prefix:
        return text.replace("ns1:", "").replace("xmlns:ns1", "xmlns").replace("xmlnsxmlns", "xmlns")
    return text.replace("ns1", prefix)


def citizen(
    *,
    number: str = NUMBER,
    old_number: str = OLD_NUMBER,
    name: str = f"<ns1:Ho/><ns1:ChuDem/><ns1:Ten>{NAME.upper()}</ns1:Ten>",
    birth: str = "<ns1:Nam>1985</ns1:Nam><ns1:NgayThangNam>19850307</ns1:NgayThangNam>",
    after: str = "",
) -> str:
    """Return a record in the register's form."""
    place = (
        "<ns1:MaTinhThanh>31</ns1:MaTinhThanh><ns1:MaQuanHuyen/><ns1:MaPhuongXa>99902</ns1:MaPhuongXa>"
        "<ns1:ChiTiet>SỐ 1 PHỐ THỬ NGHIỆM</ns1:ChiTiet><ns1:QuocGia>VN</ns1:QuocGia>"
    )
    nobody = "<ns1:HoVaTen/><ns1:QuocTich/><ns1:SoDinhDanh/><ns1:SoCMND/>"
    return (
        f"<ns1:CongDan><ns1:SoDinhDanh>{number}</ns1:SoDinhDanh><ns1:SoCMND>{old_number}</ns1:SoCMND>"
        f"<ns1:HoVaTen>{name}</ns1:HoVaTen><ns1:GioiTinh>2</ns1:GioiTinh><ns1:DanToc>01</ns1:DanToc>"
        "<ns1:TonGiao>00</ns1:TonGiao><ns1:TinhTrangHonNhan>2</ns1:TinhTrangHonNhan><ns1:NhomMau>00</ns1:NhomMau>"
        f"<ns1:NgayThangNamSinh>{birth}</ns1:NgayThangNamSinh>"
        f"<ns1:NoiDangKyKhaiSinh>{place}</ns1:NoiDangKyKhaiSinh><ns1:QuocTich>VN</ns1:QuocTich>"
        f"<ns1:QueQuan>{place}</ns1:QueQuan><ns1:ThuongTru>{place}</ns1:ThuongTru>"
        f"<ns1:NoiOHienTai>{place}</ns1:NoiOHienTai><ns1:Cha>{nobody}</ns1:Cha><ns1:Me>{nobody}</ns1:Me>"
        f"<ns1:VoChong>{nobody}</ns1:VoChong><ns1:NguoiDaiDien>{nobody}</ns1:NguoiDaiDien>"
        "<ns1:ChuHo><ns1:QuanHe>CH01</ns1:QuanHe><ns1:SoDinhDanh/><ns1:SoCMND/><ns1:HoVaTen/></ns1:ChuHo>"
        f"<ns1:SoSoHoKhau/>{after}</ns1:CongDan>"
    )


QCVN_109 = (
    f"<ns1:CongDan><ns1:SoDinhDanh>{NUMBER}</ns1:SoDinhDanh><ns1:SoCMND>{OLD_NUMBER}</ns1:SoCMND>"
    "<ns1:HoVaTen><ns1:Ho>Đặng</ns1:Ho><ns1:ChuDem>Thị Mẫu</ns1:ChuDem><ns1:Ten>Thử</ns1:Ten></ns1:HoVaTen>"
    "<ns1:GioiTinh>2</ns1:GioiTinh><ns1:DanToc><ns1:MaDanToc>01</ns1:MaDanToc><ns1:TenGoi/></ns1:DanToc>"
    f"<ns1:NgayThangNamSinh><ns1:Nam>1985</ns1:Nam><ns1:NgayThangNam>{BORN}</ns1:NgayThangNam></ns1:NgayThangNamSinh>"
    "<ns1:ThuongTru><ns1:MaDonViHanhChinh>99902</ns1:MaDonViHanhChinh><ns1:ChiTiet>Số 1</ns1:ChiTiet>"
    "<ns1:QuocGia>VN</ns1:QuocGia></ns1:ThuongTru><ns1:TrangThaiCongDan/></ns1:CongDan>"
)
MATCH = soap(collection(citizen()))
NOBODY = soap(collection())


def fault(code: str, reason: str = "SBX.FAULT") -> bytes:
    """Return a SOAP 1.1 fault; `code` without its prefix."""
    return soap(
        f"<soapenv:Fault><faultcode>soapenv:{code}</faultcode><faultstring>{reason}</faultstring></soapenv:Fault>"
    )


def fault_12(code: str) -> bytes:
    """Return a SOAP 1.2 fault."""
    return soap(
        f"<e:Fault><e:Code><e:Value>e:{code}</e:Value></e:Code>"
        '<e:Reason><e:Text xml:lang="vi">lỗi</e:Text></e:Reason></e:Fault>',
        prefix="e",
        namespace=SOAP_12,
    )


def confirmation(inner: str, root: str = "XacThucThongTinCongDanResponse") -> bytes:
    """Return the answer of a yes/no service; `inner` is written with the prefix q."""
    return soap(f'<q:{root} xmlns:q="{QLDC}">{inner}</q:{root}>')
