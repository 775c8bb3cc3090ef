# Holds the stand-ins for Windows' commands against the commands themselves, where they are there.
[CmdletBinding()]
param()

Pester\BeforeDiscovery {
    $table = Import-PowerShellDataFile -LiteralPath (Join-Path -Path $PSScriptRoot -ChildPath 'windows-commands.psd1')
    # Before the stand-ins are defined. Server Manager and the like are missing on other systems: nothing to compare there.
    $cases = @(foreach ($name in $table.Keys) {
            $command = Get-Command -Name $name -ErrorAction SilentlyContinue
            if ($null -ne $command) {
                $words = @($table[$name] -split ' ' | Where-Object -FilterScript { $_ -ne '' })
                @{ Name = $name; Words = $words; Known = @($command.Parameters.Keys); Switches = @($command.Parameters.Values | Where-Object -FilterScript { $_.SwitchParameter } | ForEach-Object -Process { $_.Name }) }
            }
        })
}

Pester\Describe 'windows-commands.psd1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\It 'has the parameters that <Name> has' -ForEach $cases {
        foreach ($word in $Words) { $Known | Pester\Should -Contain $word.TrimEnd('?', '<') }
    }

    Pester\It 'knows which parameters of <Name> are switches' -ForEach $cases {
        foreach ($word in $Words) { ($Switches -contains $word.TrimEnd('?', '<')) | Pester\Should -Be $word.EndsWith('?') }
    }

    Pester\It 'lets no command through that a test forgot to mock' {
        { Stop-Computer -Force } | Pester\Should -Throw -ExpectedMessage 'Expected Stop-Computer to be mocked.'
        { New-Object -ComObject 'Microsoft.Update.Session' } | Pester\Should -Throw -ExpectedMessage '*to be mocked.'
        # A value without its parameter's name is one that Windows might bind to another parameter.
        { Remove-NetFirewallRule 'name' } | Pester\Should -Throw -ExpectedMessage '*positional*'
    }

    Pester\It 'makes objects as New-Object does' {
        (New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false).GetPreamble().Length | Pester\Should -Be 0
    }
}
