/**
 * The description of `PartnerSystemUserService`, by its contract: names, order and nillability are the
 * vendor's. The vendor's names a host of its inside as `soap:address`, which every client has to replace;
 * this one names where it is, so that a client which was only told where to read it arrives. Left out:
 * the second port, for https, and the schema of .NET's own types, which nothing refers to.
 */

export const partnerSystemUserNamespace =
  "http://www.superoffice.com/superid/partnersystemuser/0.1";

/** The WSDL for a simulator at `origin`. */
export function partnerSystemUserWsdl(origin: string): string {
  const contract = `${partnerSystemUserNamespace}/IPartnerSystemUserService`;
  return `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions name="PartnerSystemUserService" targetNamespace="${partnerSystemUserNamespace}"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl"
    xmlns:tns="${partnerSystemUserNamespace}">
  <wsdl:types>
    <xs:schema elementFormDefault="qualified" targetNamespace="${partnerSystemUserNamespace}"
        xmlns:xs="http://www.w3.org/2001/XMLSchema">
      <xs:simpleType name="TokenType">
        <xs:restriction base="xs:string">
          <xs:enumeration value="Saml"/>
          <xs:enumeration value="Jwt"/>
        </xs:restriction>
      </xs:simpleType>
      <xs:element name="AuthenticationRequest">
        <xs:complexType>
          <xs:sequence>
            <xs:element minOccurs="0" name="SignedSystemToken" nillable="true" type="xs:string"/>
            <xs:element minOccurs="0" name="ReturnTokenType" type="tns:TokenType"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:element name="ApplicationToken" nillable="true" type="xs:string"/>
      <xs:element name="ContextIdentifier" nillable="true" type="xs:string"/>
      <xs:element name="AuthenticationResponse">
        <xs:complexType>
          <xs:sequence>
            <xs:element minOccurs="0" name="IsSuccessful" type="xs:boolean"/>
            <xs:element minOccurs="0" name="Token" nillable="true" type="xs:string"/>
            <xs:element minOccurs="0" name="ErrorMessage" nillable="true" type="xs:string"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="AuthenticationRequest">
    <wsdl:part name="parameters" element="tns:AuthenticationRequest"/>
  </wsdl:message>
  <wsdl:message name="AuthenticationRequest_Headers">
    <wsdl:part name="ApplicationToken" element="tns:ApplicationToken"/>
    <wsdl:part name="ContextIdentifier" element="tns:ContextIdentifier"/>
  </wsdl:message>
  <wsdl:message name="AuthenticationResponse">
    <wsdl:part name="parameters" element="tns:AuthenticationResponse"/>
  </wsdl:message>
  <wsdl:portType name="IPartnerSystemUserService">
    <wsdl:operation name="Authenticate">
      <wsdl:input wsaw:Action="${contract}/Authenticate" name="AuthenticationRequest"
          message="tns:AuthenticationRequest"/>
      <wsdl:output wsaw:Action="${contract}/AuthenticateResponse" name="AuthenticationResponse"
          message="tns:AuthenticationResponse"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="BasicHttpBinding_IPartnerSystemUserService"
      type="tns:IPartnerSystemUserService">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="Authenticate">
      <soap:operation soapAction="${contract}/Authenticate" style="document"/>
      <wsdl:input name="AuthenticationRequest">
        <soap:header message="tns:AuthenticationRequest_Headers" part="ApplicationToken"
            use="literal"/>
        <soap:header message="tns:AuthenticationRequest_Headers" part="ContextIdentifier"
            use="literal"/>
        <soap:body use="literal"/>
      </wsdl:input>
      <wsdl:output name="AuthenticationResponse">
        <soap:body use="literal"/>
      </wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="PartnerSystemUserService">
    <wsdl:port name="BasicHttpBinding_IPartnerSystemUserService"
        binding="tns:BasicHttpBinding_IPartnerSystemUserService">
      <soap:address location="${origin}/login/services/PartnerSystemUserService.svc"/>
    </wsdl:port>
  </wsdl:service>
</wsdl:definitions>
`;
}
