# Archives that are downloaded or were uploaded, checked by their SHA-256.
# Dot-sourced behind common.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# Throws unless a file has the digest; says where it came from.
function Assert-IngotDigest {
    param([Parameter(Mandatory = $true)][string]$Path, [Parameter(Mandatory = $true)][string]$Digest, [Parameter(Mandatory = $true)][string]$Origin)
    $found = (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash
    if ($found -ne $Digest) { Stop-Ingot -Code 'guest.digest' -Message ('Expected the SHA-256 {0} for {1}, found {2}.' -f $Digest.ToLowerInvariant(), $Origin, $found.ToLowerInvariant()) }
}

# Fetches an archive (or takes the uploaded one) and checks its SHA-256 before anything is done with it.
function Get-IngotArchive {
    param([AllowEmptyString()][string]$Path, [string]$Url, [Parameter(Mandatory = $true)][string]$Digest, [Parameter(Mandatory = $true)][string]$Destination, [string]$Proxy = '')
    if ($Path -ne '') {
        if (-not (Test-Path -LiteralPath $Path -PathType Leaf)) { Stop-Ingot -Code 'guest.no-archive' -Message "Expected the archive $Path, found none." }
        Assert-IngotDigest -Path $Path -Digest $Digest -Origin $Path
        return $Path
    }
    Write-IngotProgress -Message "Downloading $Url"
    # .NET Framework offers TLS 1.0 first on 2019 unless it is told otherwise; the sites refuse that.
    [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
    $more = @{}
    if ($Proxy -ne '') { $more.Proxy = $Proxy }
    # Without basic parsing 5.1 wants Internet Explorer's engine, which Server Core does not have.
    try { Invoke-WebRequest -Uri $Url -OutFile $Destination -UseBasicParsing @more }
    catch { Stop-Ingot -Code 'guest.download' -Message ('Expected to download {0}, found: {1}' -f $Url, $_.Exception.Message) }
    Assert-IngotDigest -Path $Destination -Digest $Digest -Origin $Url
    return $Destination
}
