# Archives that are downloaded or were uploaded, checked by their SHA-256.
# Dot-sourced behind common.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# Fetches an archive (or takes the uploaded one) and checks its SHA-256 before anything is done with it.
function Get-IngotArchive {
    param([AllowEmptyString()][string]$Path, [string]$Url, [Parameter(Mandatory = $true)][string]$Digest, [Parameter(Mandatory = $true)][string]$Destination)
    $archive = $Path
    if ($archive -eq '') {
        Write-IngotProgress -Message "Downloading $Url"
        # .NET Framework offers TLS 1.0 first on 2019 unless it is told otherwise; the sites refuse that.
        [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
        # Without basic parsing 5.1 wants Internet Explorer's engine, which Server Core does not have.
        Invoke-WebRequest -Uri $Url -OutFile $Destination -UseBasicParsing
        $archive = $Destination
    }
    $found = (Get-FileHash -LiteralPath $archive -Algorithm SHA256).Hash
    if ($found -ne $Digest) { Stop-Ingot -Code 'guest.digest' -Message ('Expected the SHA-256 {0} for {1}, found {2}.' -f $Digest.ToLowerInvariant(), $archive, $found.ToLowerInvariant()) }
    return $archive
}
